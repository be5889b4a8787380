/**
 * Asks the receiver what the last connection has brought it. Layer 5.
 *
 *   asked ─trouble, or not all is there yet→ pausing ─timeout→ asked …
 *
 * It ends when all is there, or when nothing more can arrive; where nobody tells, when patience is over.
 */
import { type Prepare, type Reply, PacketType, errorClass } from '@hourglass/ilp'
import type { Crypto, Instant, Rng } from '@hourglass/sansio'
import { Inquiry, NO_PROGRESS_MS, PACKET_LIFETIME_MS } from '@hourglass/stream'
import { type PaymentState, clearedAt } from './state.ts'

const PAUSE_MS = 250

export interface QuestionOptions {
  readonly crypto: Crypto
  readonly rng: Rng
  readonly state: PaymentState
  /** Of all its packets: there is one at a time. */
  readonly id: number
}

export class Question {
  readonly #options: QuestionOptions
  readonly #until: Instant
  #lastSequence: bigint
  #inquiry: Inquiry | undefined
  #againAt: Instant | undefined
  #heard: bigint | undefined

  constructor(options: QuestionOptions, now: Instant) {
    this.#options = options
    this.#until = Math.max(now, options.state.connection.expiresAt) + NO_PROGRESS_MS
    this.#lastSequence = options.state.connection.lastSequence
  }

  /** Of the last packet that was sent on the connection. */
  get lastSequence(): bigint {
    return this.#lastSequence
  }

  /** When to ask again. */
  get againAt(): Instant | undefined {
    return this.#againAt
  }

  ask(now: Instant): Prepare {
    const { crypto, rng, state, id } = this.#options
    this.#againAt = undefined
    this.#inquiry = new Inquiry({
      crypto,
      rng,
      credentials: state.connection,
      lastSequence: this.#lastSequence++,
    })
    return this.#inquiry.ask(id, now + PACKET_LIFETIME_MS)
  }

  /** The receiver's total; `again` later; undefined: nobody tells. */
  answered(reply: Reply, now: Instant): bigint | 'again' | undefined {
    const word = this.#inquiry?.answered(reply)
    if (word !== undefined) {
      this.#heard = word.received
      return this.#isLast(word.received, now) ? word.received : this.#pause(now)
    }
    const isFinal = reply.type === PacketType.Reject && errorClass(reply.code) === 'final'
    return isFinal || now + PAUSE_MS > this.#until ? this.#heard : this.#pause(now)
  }

  /** Whether waiting cannot tell more. A receiver that says less than it has confirmed has no memory (STR-113). */
  #isLast(received: bigint, now: Instant): boolean {
    const { state } = this.#options
    const { delivered, expiresAt } = state.connection
    return received >= clearedAt(state) || received < delivered || now >= expiresAt
  }

  #pause(now: Instant): 'again' {
    this.#againAt = now + PAUSE_MS
    return 'again'
  }
}
