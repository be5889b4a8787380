/**
 * Asks peers what became of packets whose answer never came, until each has an outcome. Layer 3, connector.
 *
 *   link up ──empty question──▶ does the peer reconcile?
 *   hold unknown or given up ──question──▶ pending: again, later each time
 *                                          void, fulfilled: decided
 */
import { type Answer, type Hold, QUESTIONS_MAX, type Verdict, decodeAnswers } from '@hourglass/books'
import type { LinkFailure } from '@hourglass/link'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { Account } from './account.ts'

/** A question waits so long for its answer. */
const ANSWER_TIMEOUT_MS = 10_000
/** Pauses between two questions about the same packets. */
const PAUSE_MS = 250
const PAUSE_MS_MAX = 15_000
/** After its expiry a packet that never came is void for the peer, whose clock may be a little behind. */
const AFTER_EXPIRY_MS = 100

/** What the connector does with it. */
export interface ReconcilerEffects {
  /** Sends a question about these; returns the request's id. */
  ask(account: Account, holds: readonly Hold<Account>[], deadline: Instant): number
  /** Whether the hold has its outcome by that; else the peer is asked again. */
  decide(hold: Hold<Account>, verdict: Verdict): boolean
}

/** A hold as the peer was asked about it. */
interface Asked {
  readonly hold: Hold<Account>
  readonly isGivenUp: boolean
}

/** One peer. */
interface Inquiry {
  /** Holds to be asked about; those that the peer called pending go to the end. */
  readonly open: Set<Hold<Account>>
  /** The question under way. */
  asked: { readonly id: number; readonly holds: readonly Asked[] } | undefined
  /** How many are to be asked about before the next pause. */
  roundLeft: number
  pauseMs: number
  askAt: Instant | undefined
}

export class Reconciler {
  readonly #effects: ReconcilerEffects
  readonly #inquiries = new Map<Account, Inquiry>()
  /** Those with an `askAt` and no question under way: few, however many peers there are. */
  readonly #due = new Set<Account>()
  /** Accounts by the ids of their questions. */
  readonly #asking = new Map<number, Account>()

  constructor(effects: ReconcilerEffects) {
    this.#effects = effects
  }

  /** Finds out what became of a hold. */
  want(hold: Hold<Account>, now: Instant): void {
    const inquiry = this.#inquiry(hold.destination)
    inquiry.open.add(hold)
    inquiry.askAt ??= now
    this.#advance(hold.destination, now)
  }

  /** Somebody else decided it. */
  forget(hold: Hold<Account>): void {
    this.#inquiries.get(hold.destination)?.open.delete(hold)
  }

  /** Nothing is open with that peer, and it is not asked any more. */
  leave(account: Account): void {
    this.#take(account)
    this.#inquiries.delete(account)
    this.#due.delete(account)
  }

  /** The link to the peer is up: it is asked whether it reconciles, and what became of `holds`. */
  greet(account: Account, holds: Iterable<Hold<Account>>, now: Instant): void {
    const inquiry = this.#inquiry(account)
    for (const hold of holds) inquiry.open.add(hold)
    inquiry.pauseMs = PAUSE_MS
    inquiry.roundLeft = 0
    inquiry.askAt = now
    this.#advance(account, now)
  }

  /** Whether the answer was to a question of ours. */
  answered(id: number, body: Uint8Array, now: Instant): boolean {
    const account = this.#asking.get(id)
    if (account === undefined) return false
    const holds = this.#take(account)
    const answers = readAnswers(body)
    // Who answers in other words, or not to all, does not speak it.
    this.#learn(account, answers?.length === holds.length)
    const inquiry = this.#inquiry(account)
    let isAnyDecided = false
    if (account.reconciles) {
      holds.forEach(({ hold, isGivenUp }, i) => {
        const answer = answers![i]!
        if (!inquiry.open.delete(hold)) return
        // Given up after the question: the peer has not heard of it, and may take the loss when it does.
        const isLate = answer.kind === 'fulfilled' && hold.state === 'given-up' && !isGivenUp
        const isDecided = answer.kind !== 'pending' && !isLate && this.#effects.decide(hold, answer)
        if (isDecided) isAnyDecided = true
        else inquiry.open.add(hold)
      })
    }
    this.#pause(inquiry, isAnyDecided, now)
    this.#mark(account)
    return true
  }

  /** Whether the failure was of a question of ours. */
  failed(id: number, failure: LinkFailure, now: Instant): boolean {
    const account = this.#asking.get(id)
    if (account === undefined) return false
    this.#take(account)
    if (failure === 'refused') this.#learn(account, false)
    else this.#pause(this.#inquiry(account), false, now)
    this.#mark(account)
    return true
  }

  timeout(now: Instant): void {
    for (const account of this.#due) this.#advance(account, now)
  }

  nextTimeout(): Instant | undefined {
    let next: Instant | undefined
    for (const account of this.#due) {
      const { askAt } = this.#inquiry(account)
      if (askAt !== undefined && account.up && (next === undefined || askAt < next)) next = askAt
    }
    return next
  }

  #inquiry(account: Account): Inquiry {
    let inquiry = this.#inquiries.get(account)
    if (inquiry === undefined) {
      inquiry = { open: new Set(), asked: undefined, roundLeft: 0, pauseMs: PAUSE_MS, askAt: undefined }
      this.#inquiries.set(account, inquiry)
    }
    return inquiry
  }

  #mark(account: Account): void {
    const { askAt, asked } = this.#inquiry(account)
    if (askAt !== undefined && asked === undefined) this.#due.add(account)
    else this.#due.delete(account)
  }

  #advance(account: Account, now: Instant): void {
    const inquiry = this.#inquiry(account)
    const { askAt, asked, open } = inquiry
    this.#mark(account)
    if (askAt === undefined || askAt > now || asked !== undefined || !account.up) return
    inquiry.askAt = undefined
    if (inquiry.roundLeft === 0) inquiry.roundLeft = open.size
    const holds = [...open].slice(0, Math.min(QUESTIONS_MAX, inquiry.roundLeft))
    const id = this.#effects.ask(account, holds, now + ANSWER_TIMEOUT_MS)
    inquiry.asked = { id, holds: holds.map((hold) => ({ hold, isGivenUp: hold.state === 'given-up' })) }
    this.#asking.set(id, account)
    this.#due.delete(account)
  }

  #take(account: Account): readonly Asked[] {
    const inquiry = this.#inquiry(account)
    const { asked } = inquiry
    inquiry.asked = undefined
    inquiry.roundLeft = Math.max(inquiry.roundLeft - (asked?.holds.length ?? 0), 0)
    if (asked !== undefined) this.#asking.delete(asked.id)
    return asked?.holds ?? []
  }

  /** A peer that does not reconcile sees what was given up as the payer does: who was too late is not paid. */
  #learn(account: Account, reconciles: boolean): void {
    account.reconciles = reconciles
    if (reconciles) return
    const { open } = this.#inquiry(account)
    for (const hold of open) {
      if (hold.state === 'given-up' && open.delete(hold)) this.#effects.decide(hold, { kind: 'void' })
    }
  }

  /** Asks again what is open: soon where the last question decided something. */
  #pause(inquiry: Inquiry, isAnyDecided: boolean, now: Instant): void {
    if (isAnyDecided) inquiry.pauseMs = PAUSE_MS
    if (inquiry.open.size === 0) {
      inquiry.askAt = undefined
      inquiry.roundLeft = 0
    } else if (inquiry.roundLeft > 0) inquiry.askAt = now
    else {
      inquiry.askAt = now + inquiry.pauseMs
      inquiry.pauseMs = Math.min(2 * inquiry.pauseMs, PAUSE_MS_MAX)
      for (const { outgoingExpiresAt } of inquiry.open) {
        const expired = outgoingExpiresAt + AFTER_EXPIRY_MS
        if (expired > now && expired < inquiry.askAt) inquiry.askAt = expired
      }
    }
  }
}

function readAnswers(body: Uint8Array): Answer[] | undefined {
  try {
    return decodeAnswers(body)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return undefined
  }
}
