/**
 * What an endpoint without books, such as a wallet, remembers of the packets that it fulfilled, so that its peer
 * can ask what became of them after a crash. Layer 3, books. In memory: it does not outlive the process.
 */
import { encodeHex } from '@hourglass/oer'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { PacketName } from './hold.ts'
import { type Answer, type Question, decodeQuestions, encodeAnswers } from './reconcile-protocol.ts'

/** The newest are remembered: more than a peer has under way. */
export const FULFILLMENTS_MAX = 10_000

export class Fulfillments {
  /** By the packet's name, oldest first. */
  readonly #known = new Map<string, Uint8Array>()

  add(packet: PacketName, fulfillment: Uint8Array): void {
    this.#known.set(keyOf(packet), fulfillment)
    if (this.#known.size <= FULFILLMENTS_MAX) return
    const [oldest] = this.#known.keys()
    this.#known.delete(oldest!)
  }

  /** Answers a request of link protocol `reconcile`; undefined: it cannot be read. */
  answer(body: Uint8Array, now: Instant): Uint8Array | undefined {
    try {
      return encodeAnswers(decodeQuestions(body).map((question) => this.#outcome(question, now)))
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return undefined
    }
  }

  #outcome(question: Question, now: Instant): Answer {
    const fulfillment = this.#known.get(keyOf(question))
    // Who fulfilled too late bears it: there is nothing to insist on.
    if (fulfillment !== undefined && !question.isGivenUp) return { kind: 'fulfilled', fulfillment }
    // One that may still come is not void: it could be fulfilled after it was called so.
    return { kind: fulfillment === undefined && question.expiresAt > now ? 'pending' : 'void' }
  }
}

function keyOf({ amount, executionCondition, expiresAt }: PacketName): string {
  return `${amount} ${expiresAt} ${encodeHex(executionCondition)}`
}
