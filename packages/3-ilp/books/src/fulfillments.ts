/**
 * What an endpoint without books, such as a wallet, remembers of the packets that it fulfilled, so that its peer
 * can ask what became of them after a crash. Layer 3, books. In memory: it does not outlive the process.
 */
import { DecodeError, type Instant, Queue } from '@hourglass/sansio'
import { type PacketName, packetKey } from './hold.ts'
import {
  type Answer,
  type Question,
  answerEach,
  decodeQuestions,
  encodeAnswers,
} from './reconcile-protocol.ts'

interface Fulfilled {
  readonly fulfillment: Uint8Array
  /** Twins that came in time. */
  count: number
}

/** The newest are remembered: more than a peer has under way. */
export const FULFILLMENTS_MAX = 10_000

export class Fulfillments {
  /** By the packet's name. */
  readonly #known = new Map<string, Fulfilled>()
  /** The names, oldest first: the front of a `Map` that is always emptied there is slow to find. */
  readonly #names = new Queue<string>()

  add(packet: PacketName, fulfillment: Uint8Array): void {
    const key = packetKey(packet)
    const twins = this.#known.get(key)
    this.#known.set(key, { fulfillment, count: (twins?.count ?? 0) + 1 })
    if (twins !== undefined) return
    this.#names.push(key)
    if (this.#names.size > FULFILLMENTS_MAX) this.#known.delete(this.#names.shift()!)
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
    const known = this.#known.get(packetKey(question))
    if (known !== undefined && known.count > question.fulfilledTwins) {
      if (!question.isGivenUp) return { kind: 'fulfilled', fulfillment: known.fulfillment }
      // Who fulfilled too late bears it: there is nothing to insist on.
      known.count--
      return { kind: 'void' }
    }
    // One that may still come is not void: it could be fulfilled after it was called so.
    return { kind: question.expiresAt > now ? 'pending' : 'void' }
  }
}
