/**
 * One payment over one connection. Layer 4. Spec: IL-RFC 29 §3, §4.
 *
 *   idle ─start→ probing ─→ quoted ─pay→ paying ─→ ending ─→ done
 *                   └──────────────────────┴─ anything final ─↗      ending: what is out is awaited, then closed
 *
 * Several packets are in flight at once; how many (`Pacing`), how much (`AmountInFlight`) and how large
 * (`PacketSize`) are three questions with an answer each. Every Prepare is answered by its link, at its expiry at
 * the latest, so there is no timer for a packet.
 */
import { ErrorCode, PacketType, type Prepare, type Reply, errorClass } from '@hourglass/ilp'
import {
  type Crypto,
  type Instant,
  type Machine,
  Queue,
  type Rng,
  type TimeoutInput,
} from '@hourglass/sansio'
import { AmountInFlight } from './congestion/amount-in-flight.ts'
import { PacketSize } from './congestion/packet-size.ts'
import { Pacing } from './congestion/pacing.ts'
import type { AssetDetails, Credentials } from './credentials.ts'
import { StreamErrorCode } from './error-code.ts'
import type { PaymentOutcome } from './outcome.ts'
import { type Answer, type Outstanding, PayerConnection } from './payer-connection.ts'
import { type PaymentAmount, Plan } from './plan.ts'
import { PROBE_FRAMES, judgeProbe } from './quote.ts'
import type { Ratio } from './ratio.ts'
import type { Frame } from './wire/packet.ts'

export interface StreamSenderOptions {
  readonly crypto: Crypto
  readonly rng: Rng
  readonly credentials: Credentials
  readonly amount: PaymentAmount
  /** The part of the quoted rate that may be lost on the way; default 1/100. */
  readonly slippage?: Ratio
  /** How long a packet may be on its way. */
  readonly packetLifetimeMs?: number
}

/** What the path offers; nothing has been paid yet. */
export interface Quote {
  /** Destination base units per source base unit. */
  readonly rate: Ratio
  /** The worst rate that any packet is sent for. */
  readonly minimumRate: Ratio
  /** What the receiver says it holds; undefined where it does not say. */
  readonly asset: AssetDetails | undefined
  /** The most that is sent, in base units of the sender. */
  readonly sendMax: bigint
  /** Expected at the quoted rate, in base units of the receiver. */
  readonly deliver: bigint
  /** The largest packet that the path has let pass. */
  readonly packetAmountMax: bigint
}

export interface PaymentReport {
  readonly outcome: PaymentOutcome
  /** The ILP code that ended it, where one did. */
  readonly code: string | undefined
  /** Fulfilled, in base units of the sender: exact. */
  readonly sent: bigint
  /** What the receiver confirmed, or at least took, in its base units. */
  readonly delivered: bigint
  /** Sent, but the link lost the answer: maybe paid, maybe not. */
  readonly uncertain: bigint
  /** Packets that were fulfilled and carried money. */
  readonly packets: number
}

export type StreamSenderInput =
  | { readonly kind: 'start' }
  /** Goes on after `quoted`. */
  | { readonly kind: 'pay' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  /** The link has no answer: it never sent the packet, or it cannot know. */
  | { readonly kind: 'failed'; readonly id: number; readonly isLost: boolean }
  | TimeoutInput

export type StreamSenderOutput =
  | { readonly kind: 'prepare'; readonly id: number; readonly prepare: Prepare }
  | { readonly kind: 'quoted'; readonly quote: Quote }
  | { readonly kind: 'progress'; readonly sent: bigint; readonly delivered: bigint }
  | { readonly kind: 'done'; readonly report: PaymentReport }

/** STR-104 */
export const PACKET_LIFETIME_MS = 30_000
/** STR-106: a payment without a fulfilled packet, or a probe without an answer, for that long has failed. */
export const NO_PROGRESS_MS = 10_000
/** How long the goodbye may take. */
const CLOSE_MS = 2000
/** Packets in a row that the receiver declines, or that arrive short, before the payment gives up. */
const DECLINES_MAX = 20
/** What a fixed delivery asks the path with, since it does not know the rate yet. */
const PROBE_AMOUNT = 1_000_000_000n
const MONEY: readonly Frame[] = [{ type: 0x11, streamId: 1n, shares: 1n }]

export class StreamSender implements Machine<StreamSenderInput, StreamSenderOutput> {
  readonly #options: StreamSenderOptions
  readonly #connection: PayerConnection
  readonly #size = new PacketSize()
  readonly #inFlight = new AmountInFlight()
  readonly #pacing = new Pacing()
  readonly #outstanding = new Map<number, Outstanding>()
  readonly #outputs = new Queue<StreamSenderOutput>()
  #phase: 'idle' | 'probing' | 'quoted' | 'paying' | 'ending' | 'closing' | 'done' = 'idle'
  #probeAmount: bigint
  #plan: Plan | undefined
  #lastId = 0
  #packets = 0
  #uncertain = 0n
  #declines = 0
  #progressAt: Instant = 0
  #end: { outcome: PaymentOutcome; code: string | undefined } = { outcome: 'complete', code: undefined }
  #lastCode: string | undefined
  #closeUntil: Instant = 0

  constructor(options: StreamSenderOptions) {
    this.#options = options
    this.#connection = new PayerConnection(options.crypto, options.rng, options.credentials)
    this.#probeAmount = 'send' in options.amount ? options.amount.send : PROBE_AMOUNT
  }

  handle(input: StreamSenderInput, now: Instant): void {
    switch (input.kind) {
      case 'start':
        if (this.#phase === 'idle') this.#enter('probing', now)
        break
      case 'pay':
        if (this.#phase === 'quoted') this.#enter('paying', now)
        break
      case 'cancel':
        this.#finish('cancelled')
        break
      case 'reply':
        this.#handleReply(input.id, input.reply, now)
        break
      case 'failed':
        this.#handleFailed(input.id, input.isLost, now)
        break
      case 'timeout':
        this.#checkProgress(now)
        break
    }
    this.#advance(now)
  }

  poll(): StreamSenderOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    if (this.#phase === 'closing') return this.#closeUntil
    if (this.#phase !== 'probing' && this.#phase !== 'paying') return undefined
    const patience = this.#progressAt + NO_PROGRESS_MS
    return Math.min(patience, this.#pacing.pausedUntil ?? patience)
  }

  #enter(phase: 'probing' | 'paying', now: Instant): void {
    this.#phase = phase
    this.#progressAt = now
  }

  /** Sends what may be sent now. */
  #advance(now: Instant): void {
    if (this.#phase === 'probing') this.#probe(now)
    if (this.#phase === 'paying') this.#pay(now)
    if (this.#phase === 'ending' && this.#outstanding.size === 0) this.#close(now)
  }

  #probe(now: Instant): void {
    if (this.#outstanding.size > 0 || !this.#pacing.allows(now)) return
    this.#send({ amount: this.#probeAmount, destinationMin: 0n, isFulfillable: false }, PROBE_FRAMES, now)
  }

  #pay(now: Instant): void {
    const plan = this.#plan!
    while (this.#pacing.allows(now)) {
      const amount = plan.nextAmount(this.#size.max)
      if (amount === 0n || !this.#inFlight.allows(amount)) break
      const destinationMin = plan.destinationMin(amount)
      // STR-94: a packet that may be worth nothing over there is money thrown away.
      if (destinationMin === 0n) {
        if (this.#outstanding.size === 0) this.#finish('amount-too-small')
        return
      }
      plan.started(amount)
      this.#inFlight.sent(amount)
      this.#send({ amount, destinationMin, isFulfillable: true }, MONEY, now)
    }
    if (this.#outstanding.size > 0) return
    if (plan.isComplete) this.#finish('complete')
    else if (plan.sent === plan.sendMax) this.#finish('rate-too-low')
  }

  #send(
    plan: Pick<Outstanding, 'amount' | 'destinationMin' | 'isFulfillable'>,
    frames: readonly Frame[],
    now: Instant,
  ): void {
    const expiresAt = now + (this.#options.packetLifetimeMs ?? PACKET_LIFETIME_MS)
    const { prepare, outstanding } = this.#connection.build({ ...plan, frames, expiresAt })
    const id = ++this.#lastId
    this.#outstanding.set(id, outstanding)
    this.#pacing.sent()
    this.#outputs.push({ kind: 'prepare', id, prepare })
  }

  #handleReply(id: number, reply: Reply, now: Instant): void {
    const outstanding = this.#outstanding.get(id)
    if (outstanding === undefined || !this.#outstanding.delete(id)) return
    if (this.#phase === 'closing') return this.#done()
    const answer = this.#connection.check(outstanding, reply)
    if (!outstanding.isFulfillable) return this.#handleProbed(outstanding, reply, answer, now)
    if (answer.isFulfilled) return this.#handleFulfilled(outstanding, answer, now)
    this.#plan!.failed(outstanding.amount)
    // A Fulfill that does not fit is nobody's answer: try again, like after any trouble on the way.
    const isReject = reply.type === PacketType.Reject
    const code = isReject ? reply.code : ErrorCode.T00_INTERNAL_ERROR
    this.#handleRejected(
      outstanding,
      code,
      { answer, data: isReject ? reply.data : reply.data.subarray(0, 0) },
      now,
    )
  }

  #handleProbed({ amount }: Outstanding, reply: Reply, answer: Answer, now: Instant): void {
    if (this.#phase !== 'probing' || reply.type !== PacketType.Reject) {
      this.#pacing.answered()
      return this.#finish('receiver-violation') // Nobody can fulfill a probe.
    }
    this.#lastCode = reply.code
    const result = judgeProbe(amount, reply, answer, this.#size)
    if (result.kind === 'again' && result.isBusy) this.#pacing.busy(now)
    else this.#pacing.answered()
    if (result.kind === 'ended') return this.#finish(result.outcome, result.code)
    if (result.kind === 'again') {
      this.#probeAmount = result.amount
      return
    }
    const { amount: wanted, slippage = DEFAULT_SLIPPAGE } = this.#options
    const plan = new Plan(wanted, result.rate, slippage)
    this.#plan = plan
    this.#phase = 'quoted'
    const { rate, minimumRate, sendMax } = plan
    const deliver = 'send' in wanted ? (wanted.send * rate.numerator) / rate.denominator : wanted.deliver
    const quote = { rate, minimumRate, asset: result.rate.asset, sendMax, deliver, packetAmountMax: amount }
    this.#outputs.push({ kind: 'quoted', quote })
  }

  /** STR-39 … STR-42: a valid Fulfill has cost us the packet's amount, whatever else it says. */
  #handleFulfilled({ amount, destinationMin }: Outstanding, { packet }: Answer, now: Instant): void {
    this.#pacing.fulfilled()
    this.#inFlight.answered(amount, true)
    this.#packets++
    this.#declines = 0
    this.#progressAt = now
    const isHonest = packet !== undefined && packet.prepareAmount >= destinationMin
    this.#plan!.fulfilled(amount, isHonest ? packet.prepareAmount : destinationMin)
    const { sent, delivered } = this.#plan!
    this.#outputs.push({ kind: 'progress', sent, delivered })
    if (!isHonest) this.#finish('receiver-violation')
  }

  #handleRejected(
    { amount, destinationMin }: Outstanding,
    code: string,
    { answer, data }: { answer: Answer; data: Uint8Array },
    now: Instant,
  ): void {
    this.#lastCode = code
    if (code === ErrorCode.T04_INSUFFICIENT_LIQUIDITY) this.#inFlight.short(amount)
    else this.#inFlight.answered(amount, false)
    if (code === ErrorCode.F08_AMOUNT_TOO_LARGE) {
      this.#pacing.answered()
      this.#size.refused(amount, data)
      if (this.#size.max === 0n) this.#finish('path-refuses', code)
      return
    }
    this.#pacing.busy(now)
    if (code === ErrorCode.F99_APPLICATION_ERROR) return this.#handleDeclined(destinationMin, answer)
    if (errorClass(code) === 'final') this.#finish('path-refuses', code) // STR-102
  }

  /** The receiver did not take the packet: it arrived short, or it is not wanted. */
  #handleDeclined(destinationMin: bigint, { packet }: Answer): void {
    if (packet === undefined) return this.#finish('path-refuses', ErrorCode.F99_APPLICATION_ERROR)
    const isClosed = packet.frames.some(({ type }) => type === 0x01 || type === 0x10)
    const isShort = packet.prepareAmount < destinationMin
    if (isShort) this.#plan!.roundedAway()
    if (isClosed || ++this.#declines >= DECLINES_MAX) {
      this.#finish(isShort && !isClosed ? 'rate-too-low' : 'receiver-refuses')
    }
  }

  #handleFailed(id: number, isLost: boolean, now: Instant): void {
    const outstanding = this.#outstanding.get(id)
    if (outstanding === undefined || !this.#outstanding.delete(id)) return
    if (this.#phase === 'closing') return this.#done()
    this.#pacing.busy(now)
    if (!outstanding.isFulfillable) return
    const { amount } = outstanding
    this.#plan!.failed(amount)
    this.#inFlight.answered(amount, false)
    if (!isLost) return
    // Maybe paid, maybe not: to send it again could pay it twice.
    this.#uncertain += amount
    this.#finish('link-lost')
  }

  #checkProgress(now: Instant): void {
    if (this.#phase === 'closing' && now >= this.#closeUntil) return this.#done()
    const isActive = this.#phase === 'probing' || this.#phase === 'paying'
    if (!isActive || now < this.#progressAt + NO_PROGRESS_MS) return
    this.#finish(this.#phase === 'probing' ? 'no-rate' : 'no-progress', this.#lastCode)
  }

  /** Sends nothing more; the first reason counts. */
  #finish(outcome: PaymentOutcome, code?: string): void {
    if (this.#phase === 'ending' || this.#phase === 'closing' || this.#phase === 'done') return
    this.#end = { outcome, code }
    this.#phase = 'ending'
  }

  /** Says goodbye, where somebody has spoken to us at all (STR-79, X-STR9). */
  #close(now: Instant): void {
    if (this.#plan === undefined) return this.#done()
    this.#phase = 'closing'
    this.#closeUntil = now + CLOSE_MS
    const frames: Frame[] = [{ type: 0x01, code: StreamErrorCode.NoError, message: '' }]
    this.#send({ amount: 0n, destinationMin: 0n, isFulfillable: true }, frames, now)
  }

  #done(): void {
    this.#phase = 'done'
    const { sent = 0n, delivered = 0n } = this.#plan ?? {}
    const report = { ...this.#end, sent, delivered, uncertain: this.#uncertain, packets: this.#packets }
    this.#outputs.push({ kind: 'done', report })
  }
}

const DEFAULT_SLIPPAGE: Ratio = { numerator: 1n, denominator: 100n }
