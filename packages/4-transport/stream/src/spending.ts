/**
 * The money of a sending end: probe, quote, pay, and why it ended. Layer 4. Spec: IL-RFC 29 §3.4, §4.4.
 *
 *   idle ─start→ probing ─→ quoted ─pay→ paying ─→ ended
 *     └──────────────pay───────┴───────────↗           anything final ends it in any phase
 *
 * Who does not ask for a quote pays at once where the worst rate is known; else what the path offers is found out on
 * the way.
 *
 * It decides what each packet with money carries and what its answer means; packets themselves, and whatever else
 * they carry, belong to whoever asks it.
 */
import { AMOUNT_MAX, ErrorCode, PacketType, type Reject, type Reply, errorClass } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import type { Congestion } from './congestion/congestion.ts'
import { type PaymentOutcome, refusalOf } from './outcome.ts'
import { type Part, type PaymentAmount, Plan } from './plan.ts'
import { type Offer, Probing } from './quote.ts'
import { type Ratio, isLess, mulCeil, reduceBy } from './ratio.ts'
import type { Answer, Outstanding } from './sending-end.ts'

/** STR-106: money without a fulfilled packet, or a probe without an answer, for that long has failed. */
export const NO_PROGRESS_MS = 10_000
/** Flights in a row that the receiver declines, before the payer gives up. */
const DECLINES_MAX = 8
/** What a fixed delivery asks the path with, since it does not know the rate yet. */
const PROBE_AMOUNT = 1_000_000_000n

/** What rates are paid for. */
export interface RateLimits {
  /** The part of the offered rate that may be lost. */
  readonly slippage: Ratio
  /** The worst rate, whatever the path offers (SEC-50, SEC-51); undefined: the slippage tells. */
  readonly minimumRate?: Ratio | undefined
}

/** A packet that was worth too little to the receiver. */
export interface Shortfall {
  readonly amount: bigint
  /** What it arrived as, and the least that it should have, in base units of the receiver. */
  readonly arrived: bigint
  readonly least: bigint
}

/** How it ended. */
export interface End {
  readonly outcome: PaymentOutcome
  /** The ILP code that ended it, where one did. */
  readonly code: string | undefined
  /** Where the rate was too low. */
  readonly shortfall: Shortfall | undefined
}

export class Spending {
  readonly #congestion: Congestion
  readonly #amount: PaymentAmount
  readonly #limits: RateLimits
  readonly #probing: Probing
  #phase: 'idle' | 'probing' | 'quoted' | 'paying' | 'ended' = 'idle'
  #plan: Plan | undefined
  #offer: Offer | undefined
  #packets = 0
  #uncertain = 0n
  #declines = 0
  /** Why the receiver takes no more packets, as far as the last one tells. */
  #declined: 'rate-too-low' | 'receiver-refuses' | undefined
  #progressAt: Instant = 0
  #isQuoteAwaited = true
  #end: End = { outcome: 'complete', code: undefined, shortfall: undefined }
  #shortfall: Shortfall | undefined
  #lastCode: string | undefined

  constructor(amount: PaymentAmount, limits: RateLimits, congestion: Congestion) {
    this.#amount = amount
    this.#limits = limits
    this.#congestion = congestion
    const probed = 'send' in amount ? amount.send : PROBE_AMOUNT
    this.#probing = new Probing(probed, congestion.size, congestion.window)
  }

  get phase(): 'idle' | 'probing' | 'quoted' | 'paying' | 'ended' {
    return this.#phase
  }

  /** Undefined before the quote. */
  get plan(): Plan | undefined {
    return this.#plan
  }

  /** What the path offered; undefined before the quote. */
  get offer(): Offer | undefined {
    return this.#offer
  }

  get end(): End {
    return this.#end
  }

  /** Packets that were fulfilled and carried money. */
  get packets(): number {
    return this.#packets
  }

  /** Sent, but the link lost the answer. */
  get uncertain(): bigint {
    return this.#uncertain
  }

  /** How much the next probe carries. */
  get probeAmount(): bigint {
    return this.#probing.amount
  }

  /** When `checkProgress` has something to say, as long as packets are to be sent. */
  get patienceEnds(): Instant {
    return this.#progressAt + NO_PROGRESS_MS
  }

  start(now: Instant): void {
    if (this.#phase === 'idle') this.#enter('probing', now)
  }

  /** After `quoted`; or in place of `start`, for whoever wants no quote. */
  pay(now: Instant): void {
    if (this.#phase === 'quoted') return this.#enter('paying', now)
    if (this.#phase !== 'idle') return
    this.#isQuoteAwaited = false
    this.#plan = this.#planUnasked()
    this.#enter(this.#plan === undefined ? 'probing' : 'paying', now)
  }

  /** There is something to send again: the wait for progress begins anew. */
  resume(now: Instant): void {
    this.#progressAt = now
  }

  /** The next packet with money, of `most` at most; it counts as on its way. Undefined where none may go now. */
  next(most: bigint = AMOUNT_MAX): Part | undefined {
    const plan = this.#plan
    if (this.#phase !== 'paying' || plan === undefined) return undefined
    const { packetMax } = this.#congestion
    const part = plan.next(packetMax < most ? packetMax : most)
    if (part === undefined || !this.#congestion.allows(part.amount)) return undefined
    if (!plan.isWorthwhile(part.amount)) {
      if (plan.isIdle) this.finish('amount-too-small')
      return undefined
    }
    plan.started(part)
    return part
  }

  /** The answer to a probe. */
  probed({ id, amount }: Outstanding, reply: Reply, { packet }: Answer, now: Instant): void {
    const { pacing, window } = this.#congestion
    pacing.answered()
    if (this.#phase !== 'probing') return window.answered(amount)
    // Nobody can fulfill a probe.
    if (reply.type !== PacketType.Reject) return this.finish('receiver-violation')
    this.#lastCode = reply.code
    const result = this.#probing.answered(amount, reply, packet)
    window.answered(amount)
    if (result.kind === 'ended') return this.finish(result.outcome, reply.code)
    if (result.kind === 'offer') return this.#quote(result.offer, now)
    if (result.isNearer) this.#progressAt = now
    if (result.isBusy) pacing.busy(id, now)
  }

  /**
   * The answer to a packet with money. STR-39 … STR-42: a valid Fulfill has cost us the packet's amount, whatever
   * else it says. Returns what was delivered: 0 where it was rejected.
   */
  answered(part: Outstanding, reply: Reply, answer: Answer, now: Instant): bigint {
    if (answer.isFulfilled) return this.#fulfilled(part, answer, now)
    // A Fulfill that does not fit is nobody's answer: try again, like after any trouble on the way.
    this.#rejected(part, reply.type === PacketType.Reject ? reply : TROUBLE, answer, now)
    return 0n
  }

  /** The link has no answer; where `isLost`, the packet may have been paid. */
  failed(part: Outstanding, isLost: boolean, now: Instant): void {
    this.#congestion.unanswered(part, now)
    if (!part.isFulfillable) return
    this.#plan!.failed(part)
    if (!isLost) return
    // Maybe paid, maybe not: to send it again could pay it twice.
    this.#uncertain += part.amount
    this.finish('link-lost')
  }

  /** Gives up where nothing has got through for too long. */
  checkProgress(now: Instant): void {
    const isActive = this.#phase === 'probing' || this.#phase === 'paying'
    if (!isActive || now < this.patienceEnds) return
    const silence = this.#phase === 'probing' ? 'no-rate' : 'no-progress'
    this.finish(this.#declined ?? silence, this.#lastCode)
  }

  /** Sends nothing more; the first reason counts. */
  finish(outcome: PaymentOutcome, code?: string): void {
    if (this.#phase === 'ended') return
    this.#end = { outcome, code, shortfall: outcome === 'rate-too-low' ? this.#shortfall : undefined }
    this.#phase = 'ended'
  }

  #enter(phase: 'probing' | 'paying', now: Instant): void {
    this.#phase = phase
    this.#progressAt = now
  }

  /** Each packet's minimum keeps the worst rate, so whoever knows it need not ask first how large a packet may be. */
  #planUnasked(): Plan | undefined {
    const { minimumRate } = this.#limits
    if (minimumRate === undefined || !('send' in this.#amount)) return undefined
    const plan = new Plan(this.#amount, minimumRate, minimumRate)
    return plan.isWorthwhile(this.#amount.send) ? plan : undefined
  }

  #quote(offer: Offer, now: Instant): void {
    this.#offer = offer
    const { slippage, minimumRate = reduceBy(offer.rate, slippage) } = this.#limits
    if (isLess(offer.rate, minimumRate)) {
      const { amount, rate } = offer
      this.#shortfall = { amount, arrived: rate.numerator, least: mulCeil(amount, minimumRate) }
      return this.finish('rate-too-low')
    }
    this.#plan = new Plan(this.#amount, offer.rate, minimumRate)
    if (this.#isQuoteAwaited) this.#phase = 'quoted'
    else this.#enter('paying', now)
  }

  #fulfilled(part: Outstanding, { packet }: Answer, now: Instant): bigint {
    const { destinationMin } = part
    this.#congestion.fulfilled(part)
    this.#packets++
    this.#declines = 0
    this.#declined = undefined
    this.#progressAt = now
    const isHonest = packet !== undefined && packet.prepareAmount >= destinationMin
    const plan = this.#plan!
    const delivered = isHonest ? packet.prepareAmount : destinationMin
    plan.fulfilled(part, delivered)
    if (!isHonest) this.finish('receiver-violation')
    return delivered
  }

  #rejected(part: Outstanding, reject: Reject, answer: Answer, now: Instant): void {
    const { code } = reject
    this.#plan!.failed(part)
    this.#lastCode = code
    const isNews = this.#congestion.rejected(part, reject, now)
    if (code === ErrorCode.F08_AMOUNT_TOO_LARGE) {
      if (this.#congestion.size.max === 0n) this.finish('path-refuses', code)
    } else if (code === ErrorCode.F99_APPLICATION_ERROR) {
      this.#handleDeclined(part, answer, isNews)
    } else if (errorClass(code) === 'final') {
      this.finish(this.#packets === 0 ? refusalOf(code) : 'path-refuses', code) // STR-102
    }
  }

  /** The receiver did not take the packet: it arrived short, or it is not wanted. */
  #handleDeclined({ amount, destinationMin }: Outstanding, { packet }: Answer, isNews: boolean): void {
    if (packet === undefined) return this.finish('path-refuses', ErrorCode.F99_APPLICATION_ERROR)
    const { prepareAmount: arrived } = packet
    const isShort = arrived < destinationMin
    if (isShort) this.#shortfall = { amount, arrived, least: destinationMin }
    this.#declined = isShort ? 'rate-too-low' : 'receiver-refuses'
    if (!isNews) return
    if (isShort) this.#plan!.roundedAway()
    // Where nobody asked for a quote, this is one.
    const isOffer = isShort && this.#offer === undefined && this.#packets === 0
    if (isOffer || ++this.#declines >= DECLINES_MAX) this.finish(this.#declined)
  }
}

const TROUBLE: Reject = {
  code: ErrorCode.T00_INTERNAL_ERROR,
  triggeredBy: '',
  message: '',
  data: new Uint8Array(0),
}
