/**
 * What an endpoint without books, such as a wallet, remembers of the packets that it fulfilled, so that its peer
 * can ask what became of them after a crash. Layer 3, books. In memory: it does not outlive the process.
 */
import { DecodeError, type Instant, equalBytes } from '@hourglass/sansio'
import type { PacketName } from './hold.ts'
import {
  type Answer,
  type Question,
  answerEach,
  decodeQuestions,
  encodeAnswers,
} from './reconcile-protocol.ts'

/** The newest are remembered: more than a peer has under way. */
export const FULFILLMENTS_MAX = 10_000

/** A record: condition 32 | fulfillment 32 | amount u64 | expiry f64. */
const FULFILLMENT_AT = 32
const AMOUNT_AT = 64
const EXPIRY_AT = 72
const RECORD_BYTES = 80

export class Fulfillments {
  /**
   * Records, the newest in place of the oldest. Flat and without an index, since every packet pays for what is made
   * here, while a question comes after a cut link alone.
   */
  readonly #octets = new Uint8Array(FULFILLMENTS_MAX * RECORD_BYTES)
  readonly #numbers = new DataView(this.#octets.buffer)
  #added = 0

  add({ amount, executionCondition, expiresAt }: PacketName, fulfillment: Uint8Array): void {
    const at = (this.#added++ % FULFILLMENTS_MAX) * RECORD_BYTES
    this.#octets.set(executionCondition, at)
    this.#octets.set(fulfillment, at + FULFILLMENT_AT)
    this.#numbers.setBigUint64(at + AMOUNT_AT, amount)
    this.#numbers.setFloat64(at + EXPIRY_AT, expiresAt)
  }

  /** Answers a request of link protocol `reconcile`; undefined: it cannot be read. */
  answer(body: Uint8Array, now: Instant): Uint8Array | undefined {
    try {
      return encodeAnswers(answerEach(decodeQuestions(body), (question) => this.#outcome(question, now)))
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return undefined
    }
  }

  #outcome(question: Question, now: Instant): Answer {
    const twins = this.#find(question)
    const [at] = twins
    if (at !== undefined && twins.length > question.fulfilledTwins) {
      if (!question.isGivenUp) return { kind: 'fulfilled', fulfillment: this.#field(at + FULFILLMENT_AT) }
      // Who fulfilled too late bears it: there is nothing to insist on.
      this.#forget(at)
      return { kind: 'void' }
    }
    // One that may still come is not void: it could be fulfilled after it was called so.
    return { kind: question.expiresAt > now ? 'pending' : 'void' }
  }

  /** Where packets of that name are. */
  #find({ amount, executionCondition, expiresAt }: PacketName): number[] {
    const found: number[] = []
    const end = Math.min(this.#added, FULFILLMENTS_MAX) * RECORD_BYTES
    for (let at = 0; at < end; at += RECORD_BYTES) {
      const isNamed =
        this.#numbers.getFloat64(at + EXPIRY_AT) === expiresAt &&
        this.#numbers.getBigUint64(at + AMOUNT_AT) === amount &&
        equalBytes(this.#field(at), executionCondition)
      if (isNamed) found.push(at)
    }
    return found
  }

  #forget(at: number): void {
    this.#numbers.setFloat64(at + EXPIRY_AT, Number.NaN)
  }

  /** 32 octets; a view. */
  #field(at: number): Uint8Array {
    return this.#octets.subarray(at, at + FULFILLMENT_AT)
  }
}
