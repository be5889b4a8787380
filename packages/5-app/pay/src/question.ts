/**
 * Asks the receiver what a connection has brought it, again where somebody on the way is in trouble. Layer 5.
 *
 *   asked ─trouble→ pausing ─timeout→ asked …          ends with an answer, a final refusal, or when patience is over
 */
import { type Prepare, type Reply, PacketType, errorClass } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import { Inquiry, type InquiryOptions, NO_PROGRESS_MS, PACKET_LIFETIME_MS } from '@hourglass/stream'

const PAUSE_MS = 250

export class Question {
  readonly #options: InquiryOptions
  readonly #id: number
  readonly #until: Instant
  #lastSequence: bigint
  #inquiry: Inquiry | undefined
  #againAt: Instant | undefined

  /** All its packets have the same id: there is one at a time. */
  constructor(options: InquiryOptions, id: number, now: Instant) {
    this.#options = options
    this.#id = id
    this.#until = now + NO_PROGRESS_MS
    this.#lastSequence = options.lastSequence
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
    this.#againAt = undefined
    this.#inquiry = new Inquiry({ ...this.#options, lastSequence: this.#lastSequence++ })
    return this.#inquiry.ask(this.#id, now + PACKET_LIFETIME_MS)
  }

  /** The receiver's total; `again` later; undefined: nobody tells. */
  answered(reply: Reply, now: Instant): bigint | 'again' | undefined {
    const word = this.#inquiry?.answered(reply)
    if (word !== undefined) return word.received
    const isFinal = reply.type === PacketType.Reject && errorClass(reply.code) === 'final'
    if (isFinal || now + PAUSE_MS > this.#until) return undefined
    this.#againAt = now + PAUSE_MS
    return 'again'
  }
}
