/**
 * The hellos of a settlement. Layer 2.
 *
 * Each side says hello when the link comes up, and again, later each time, until the other has answered with its own.
 *
 *            up               the peer's hello
 *   down ────────→ greeting ─────────────────→ greeted
 *    ↑              │   ↑ again, later each time  │
 *    │              └───┘                         │
 *    └──────────────────── down ──────────────────┘
 */
import { DecodeError, type Instant } from '@hourglass/sansio'
import { Pause } from './pause.ts'
import type { SettlementEffects } from './settlement-effects.ts'

/** A hello that was not answered is said again after that long. */
const RETRY_MS = 1000
const RETRY_MS_MAX = 300_000

export interface GreetingParts {
  readonly effects: Pick<SettlementEffects<unknown>, 'ask' | 'now'>
  /** Ours, as it is now. */
  readonly hello: () => Uint8Array
  /** Takes the peer's. @throws DecodeError */
  readonly greeted: (hello: Uint8Array) => void
}

export class Greeting {
  readonly #parts: GreetingParts
  readonly #pause = new Pause(RETRY_MS, RETRY_MS_MAX)
  #isUp = false
  #isOver = false

  constructor(parts: GreetingParts) {
    this.#parts = parts
  }

  get isUp(): boolean {
    return this.#isUp
  }

  linkChanged(isUp: boolean): void {
    this.#isUp = isUp
    this.#pause.reset()
    if (isUp && !this.#isOver) this.#say()
  }

  /** Nothing is said from now on. */
  end(): void {
    this.#isOver = true
    this.#pause.reset()
  }

  timeout(): void {
    if (this.#pause.pass(this.#parts.effects.now)) this.#say()
  }

  nextTimeout(): Instant | undefined {
    return this.#pause.until
  }

  /** The peer's hello; false where it cannot be read. */
  take(hello: Uint8Array): boolean {
    try {
      this.#parts.greeted(hello)
      return true
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return false
    }
  }

  #say(): void {
    const { effects, hello } = this.#parts
    effects.ask(hello(), (answer) => {
      if (answer !== undefined && this.take(answer)) this.#pause.reset()
      else if (this.#isUp && !this.#isOver) this.#pause.begin(effects.now)
    })
  }
}
