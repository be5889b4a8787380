/** Sends our newest claim until the peer holds it, and keeps what it holds, by its own word. Layer 2. */
import { Pause } from '@hourglass/link'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import { type Answer, type ClaimRefusal, decodeAnswer } from './wire/answer.ts'
import { type Claim, encodeClaim } from './wire/claim.ts'

/** A claim that the peer did not take, or did not answer, is sent again after that long. */
const RESEND_MS = 1000
const RESEND_MS_MAX = 60_000

/** Refusals after which the peer may still take the claim; after all others it never will. */
const PASSING_REFUSALS: readonly string[] = ['over-deposit', 'busy'] satisfies ClaimRefusal[]

export class ClaimSender {
  readonly #effects: Effects
  readonly #pause = new Pause(RESEND_MS, RESEND_MS_MAX)
  /** The claim whose answer counts. */
  #current: Claim | undefined
  #isSending = false
  #isGreeted = false
  #held = 0n
  #isFinal = false

  constructor(effects: Effects) {
    this.#effects = effects
  }

  /** Whether a claim can be sent now: the peer has said hello on this connection, and no claim is under way. */
  get isReady(): boolean {
    return this.#isGreeted && !this.#isSending && this.#pause.until === undefined
  }

  /** The highest amount that the peer has said to hold on the current channel, on this connection. */
  get held(): bigint {
    return this.#held
  }

  /** It has said so in answer to our newest claim, and will take no other on that channel. */
  get isFinal(): boolean {
    return this.#isFinal
  }

  /** A connection begins or has ended: what the peer holds has to be asked anew. */
  linkChanged(): void {
    this.#isGreeted = false
    this.channelChanged(0n)
    this.#pause.reset()
  }

  /** Another channel is the current one, and the peer says to hold a claim on it. */
  channelChanged(held: bigint): void {
    this.#current = undefined
    this.#held = held
    this.#isFinal = false
  }

  /** The peer has said hello, and what it holds on the current channel. */
  greeted(held: bigint): void {
    this.#isGreeted = true
    if (held > this.#held) this.#held = held
  }

  /** Sends a durable claim; `then` is called when the answer is taken into account. */
  send(claim: Claim, then: () => void): void {
    const { channelId, amount } = claim
    this.#current = claim
    this.#isSending = true
    this.#isFinal = false
    this.#effects.trace('channel.claim-sent', { channelId, amount })
    this.#effects.ask(encodeClaim(claim), (body) => {
      this.#isSending = false
      if (this.#current === claim) this.#handleAnswer(claim, decode(body))
      then()
    })
  }

  #handleAnswer({ channelId, amount }: Claim, answer: Answer | undefined): void {
    if (answer === undefined) {
      this.#pause.begin(this.#effects.now)
      return this.#effects.trace('channel.claim-unanswered', { channelId, amount })
    }
    // It cannot hold more than we signed, whatever it says.
    const held = answer.amount < amount ? answer.amount : amount
    if (held > this.#held) this.#held = held
    if (answer.refusal === undefined && held === amount) return this.#pause.reset()
    const message = answer.refusal ?? 'it holds less than it accepted'
    this.#effects.trace('channel.refused', { by: 'peer', action: 'claim', channelId, amount, held, message })
    this.#isFinal = !PASSING_REFUSALS.includes(message)
    this.#pause.begin(this.#effects.now)
  }

  nextTimeout(): Instant | undefined {
    return this.#pause.until
  }

  timeout(): void {
    this.#pause.pass(this.#effects.now)
  }
}

/** The peer's answer; undefined where none came, or none that can be read. */
function decode(body: Uint8Array | undefined): Answer | undefined {
  try {
    return body === undefined ? undefined : decodeAnswer(body)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
