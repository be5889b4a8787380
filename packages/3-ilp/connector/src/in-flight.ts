/**
 * Packets that we have sent on, from the hold to the answer. Layer 3, connector.
 * Spec: IL-RFC 27 "ILP Packet Lifecycle".
 */
import {
  PacketType,
  type Prepare,
  canonicalPacket,
  decodeFulfill,
  decodeReject,
  rewritePrepare,
} from '@hourglass/ilp'
import type { LinkFailure } from '@hourglass/link'
import { BusyMap, DecodeError, type Instant } from '@hourglass/sansio'
import type { Account } from './account.ts'
import type { Clearing, Pending } from './clearing.ts'
import type { Forwarded } from './forward.ts'
import { ILP_PROTOCOL } from './messages.ts'
import { invalidReply, noAnswer, timedOut, wrongFulfillment } from './refusals.ts'
import type { Unanswered } from './unanswered.ts'

/** The peer's request, and a Prepare in it that may go on. */
export interface Incoming {
  readonly source: Account
  readonly sourceId: number
  readonly prepare: Prepare
  readonly body: Uint8Array
}

export class InFlight {
  readonly #clearing: Clearing
  readonly #unanswered: Unanswered
  /** By the ids of our requests, which are the ids of holds too. */
  readonly #pending = new BusyMap<number, Pending>()

  constructor(clearing: Clearing, unanswered: Unanswered) {
    this.#clearing = clearing
    this.#unanswered = unanswered
  }

  get size(): number {
    return this.#pending.size
  }

  isAnyTo(account: Account): boolean {
    for (const { destination } of this.#pending.values()) if (destination === account) return true
    return false
  }

  /** Holds the money on both accounts and sends the packet on once the hold is durable. */
  send({ source, sourceId, prepare, body }: Incoming, forwarded: Forwarded, now: Instant): void {
    const { destination, amount, expiresAt, conversion } = forwarded
    const { executionCondition, amount: incomingAmount, destination: address } = prepare
    // ILP-06, ILP-18: what goes on is canonical, and only amount and expiry differ from what came.
    const outgoing = canonicalPacket(body, prepare)
    rewritePrepare(outgoing, amount, expiresAt)
    const id = this.#clearing.nextId()
    const isMoney = incomingAmount !== 0n
    const hold = isMoney
      ? this.#clearing.books.open({
          id,
          source,
          destination,
          incomingAmount,
          outgoingAmount: amount,
          executionCondition,
          incomingExpiresAt: prepare.expiresAt,
          outgoingExpiresAt: expiresAt,
        })
      : undefined
    source.packetSent(executionCondition)
    destination.breaker.sent(now)
    this.#pending.set(id, {
      source,
      sourceId,
      address,
      incomingAmount,
      executionCondition,
      destination,
      amount,
      expiresAt,
      conversion,
      hold,
    })
    this.#clearing.reveal(isMoney, {
      kind: 'request',
      account: destination.id,
      id,
      protocol: ILP_PROTOCOL,
      body: outgoing,
      deadline: expiresAt,
    })
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.take(id)
    if (pending === undefined) return undefined
    pending.source.packetAnswered(pending.executionCondition)
    return pending
  }

  /** Answers packets that a failing store has kept back until their time was over. */
  expireUnsent(now: Instant): void {
    for (const id of this.#clearing.takeExpired(now)) {
      const pending = this.#take(id)
      if (pending !== undefined) this.#clearing.refuse(pending, timedOut(pending.destination))
    }
  }

  /** The answer to the request of that id. */
  reply(id: number, body: Uint8Array, now: Instant): void {
    const pending = this.#take(id)
    if (pending === undefined) return
    pending.destination.breaker.answered()
    try {
      if (body[0] === PacketType.Fulfill) return this.#handleFulfill(pending, body, now)
      const reject = canonicalPacket(body, decodeReject(body)) // ILP-16, ILP-19: as it came.
      this.#clearing.void(pending)
      this.#clearing.relay(pending, reject)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#clearing.traces.loss('connector.invalid-reply', pending, { cause: error.message })
      this.#clearing.fail(pending, invalidReply(pending.destination, error.message))
    }
  }

  /** @throws DecodeError */
  #handleFulfill(pending: Pending, body: Uint8Array, now: Instant): void {
    const fulfill = decodeFulfill(body)
    const { traces } = this.#clearing
    // SEC-01, ILP-29: a fulfillment that does not fit is worth nothing, whoever sent it.
    if (!this.#clearing.fits(fulfill.fulfillment, pending)) {
      traces.loss('connector.wrong-fulfillment', pending, {})
      return this.#clearing.fail(pending, wrongFulfillment(pending.destination))
    }
    // ILP-30, PCS-17: too late is not paid, and somebody has to know.
    if (now >= pending.expiresAt) {
      traces.loss('connector.late-fulfillment', pending, {})
      return this.#unanswered.giveUp(pending, now)
    }
    this.#clearing.post(pending, fulfill.fulfillment)
    this.#clearing.relay(pending, canonicalPacket(body, fulfill))
  }

  failed(id: number, failure: LinkFailure, now: Instant): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    const isUnknown = failure === 'lost' || failure === 'broken'
    // Over HTTP there is no session: that the peer is not there, its packets tell one by one.
    if (isUnknown || failure === 'down') pending.destination.breaker.failed(now)
    if (isUnknown && this.#unanswered.wait(pending, now)) {
      this.#pending.delete(id)
      return
    }
    this.#take(id)
    if (isUnknown && now >= pending.expiresAt) return this.#unanswered.giveUp(pending, now) // ILP-31, ILP-64
    this.#clearing.fail(pending, noAnswer(failure, pending.destination))
  }
}
