/**
 * Packets whose answer never came: what became of them is asked, told and decided here. Layer 3, connector.
 * Spec: IL-RFC 27 "ILP Packet Lifecycle", IL-RFC 32 "Clearing".
 *
 *   link cut ──▶ waiting ──the peer says──▶ posted or voided
 *                   └──expired──▶ given up: the payer has its R00, the peer hears of it
 *   restart  ──▶ unknown ──the peer says, or the operator──▶ posted or voided
 */
import {
  type Hold,
  RECONCILE_PROTOCOL,
  type Verdict,
  decodeQuestions,
  encodeAnswers,
  encodeQuestions,
} from '@hourglass/books'
import { encodeFulfill } from '@hourglass/ilp'
import type { LinkFailure } from '@hourglass/link'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { Account } from './account.ts'
import { type Clearing, NOTHING, type Pending } from './clearing.ts'
import { answerQuestions } from './inquest.ts'
import type { Decision } from './messages.ts'
import { Reconciler } from './reconciler.ts'
import { timedOut, unreachable } from './refusals.ts'

export class Unanswered {
  readonly #clearing: Clearing
  readonly #reconciler: Reconciler
  /** Their payers wait still. By the ids of their holds. */
  readonly #waiting = new Map<number, Pending>()

  constructor(clearing: Clearing) {
    this.#clearing = clearing
    this.#reconciler = new Reconciler({
      ask: (account, holds, deadline) => {
        const id = clearing.nextId()
        const body = encodeQuestions(clearing.books.questions(account, holds))
        const request = { account: account.id, id, protocol: RECONCILE_PROTOCOL, body, deadline }
        clearing.reveal(false, { kind: 'request', ...request })
        return id
      },
      decide: (hold, verdict) => this.#decide(hold, verdict),
    })
  }

  nextTimeout(): Instant | undefined {
    let next = this.#reconciler.nextTimeout()
    for (const { expiresAt } of this.#waiting.values()) {
      if (next === undefined || expiresAt < next) next = expiresAt
    }
    return next
  }

  timeout(now: Instant): void {
    this.#expire(now)
    this.#reconciler.timeout(now)
  }

  /** Whether the reply, or the failure, was of a question of ours. */
  answered(id: number, body: Uint8Array, now: Instant): boolean {
    this.#expire(now)
    return this.#reconciler.answered(id, body, now)
  }

  failed(id: number, failure: LinkFailure, now: Instant): boolean {
    return this.#reconciler.failed(id, failure, now)
  }

  /** Asks the peer what became of every packet that nobody knows of. */
  inquire(account: Account, now: Instant): void {
    const holds = [...this.#clearing.books.holds.values()]
    const unknown = holds.filter(({ destination, state }) => destination === account && state !== 'sent')
    this.#reconciler.greet(account, unknown, now)
  }

  /** Takes over a packet whose link was cut, where the peer will say what became of it; else false. */
  wait(pending: Pending, now: Instant): boolean {
    const { hold, destination, expiresAt } = pending
    if (hold === undefined || destination.reconciles === false || now >= expiresAt) return false
    hold.state = 'unknown'
    this.#waiting.set(hold.id, pending)
    this.#reconciler.want(hold, now)
    return true
  }

  /** Time is over, so the payer is told that nothing was paid; the next peer is told as well, if it listens. */
  giveUp(pending: Pending, now: Instant): void {
    const { hold, destination } = pending
    if (hold === undefined || destination.reconciles === false) {
      if (hold !== undefined) this.#reconciler.forget(hold)
      return this.#clearing.fail(pending, timedOut(destination))
    }
    this.#clearing.books.giveUp(hold)
    this.#clearing.settleDue(pending.source)
    this.#reconciler.want(hold, now)
    this.#clearing.rejectDurably(pending, timedOut(destination))
  }

  /** The account is gone: its peer is asked nothing any more. */
  leave(account: Account): void {
    this.#reconciler.leave(account)
  }

  /** The operator decides what no peer can say. */
  decideByHand(id: number, decision: Decision): void {
    const { books, traces } = this.#clearing
    const hold = books.holds.get(id)
    if (hold === undefined || hold.state === 'sent' || this.#waiting.has(id)) return
    if (decision.outcome === 'post' && !this.#clearing.fits(decision.fulfillment, hold)) {
      return traces.hold('connector.wrong-fulfillment', hold)
    }
    this.#reconciler.forget(hold)
    traces.hold('connector.decided', hold, { outcome: decision.outcome })
    if (decision.outcome === 'void') return this.#clearing.voidUnasked(hold)
    if (decision.outcome === 'pay' && hold.state !== 'given-up') books.giveUp(hold)
    this.#clearing.postUnasked(hold, decision.outcome === 'post' ? decision.fulfillment : NOTHING)
  }

  /** The peer asks what became of its packets. */
  handleQuestions(source: Account, id: number, body: Uint8Array, now: Instant): void {
    const account = source.id
    try {
      const answers = answerQuestions(decodeQuestions(body), source, this.#clearing.books, now)
      this.#clearing.reveal(true, { kind: 'reply', account, id, body: encodeAnswers(answers) })
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      const message = `invalid question: ${error.message}`
      this.#clearing.reveal(false, { kind: 'refuse', account, id, message })
    }
  }

  #decide(hold: Hold<Account>, verdict: Verdict): boolean {
    const { traces } = this.#clearing
    if (verdict.kind === 'fulfilled') {
      if (!this.#clearing.fits(verdict.fulfillment, hold)) {
        traces.hold('connector.wrong-fulfillment', hold)
        return false
      }
      if (hold.state === 'given-up') {
        traces.hold('connector.disputed', hold)
        return true
      }
    }
    traces.hold('connector.reconciled', hold, { outcome: verdict.kind })
    const pending = this.#takeWaiting(hold.id)
    if (verdict.kind === 'void') {
      if (pending === undefined) this.#clearing.voidUnasked(hold)
      else this.#clearing.refuse(pending, unreachable(hold.destination))
    } else this.#post(hold, pending, verdict.fulfillment)
    return true
  }

  #post(hold: Hold<Account>, pending: Pending | undefined, fulfillment: Uint8Array): void {
    if (pending === undefined) return this.#clearing.postUnasked(hold, fulfillment)
    this.#clearing.post(pending, fulfillment)
    this.#clearing.relay(pending, encodeFulfill({ fulfillment, data: NOTHING }))
  }

  /** Gives up what waits for a link that did not come back in time. */
  #expire(now: Instant): void {
    for (const [id, pending] of this.#waiting) {
      if (now < pending.expiresAt) continue
      this.#takeWaiting(id)
      this.giveUp(pending, now)
    }
  }

  #takeWaiting(id: number): Pending | undefined {
    const pending = this.#waiting.get(id)
    if (pending === undefined) return undefined
    this.#waiting.delete(id)
    pending.source.packetAnswered(pending.executionCondition)
    return pending
  }
}
