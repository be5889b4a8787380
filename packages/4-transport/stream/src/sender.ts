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
import { ErrorCode, PacketType, type Reject, type Reply, errorClass } from '@hourglass/ilp'
import { type Instant, type Machine, Queue, UsageError } from '@hourglass/sansio'
import { AmountInFlight } from './congestion/amount-in-flight.ts'
import { PacketSize } from './congestion/packet-size.ts'
import { Pacing } from './congestion/pacing.ts'
import { StreamErrorCode } from './error-code.ts'
import type { PaymentOutcome } from './outcome.ts'
import { type Answer, type Outstanding, PayerConnection } from './payer-connection.ts'
import type { StreamSenderInput, StreamSenderOptions, StreamSenderOutput } from './payment.ts'
import { type Part, Plan } from './plan.ts'
import { type Offer, PROBE_FRAMES, Probing } from './quote.ts'
import { type Ratio, mulFloor } from './ratio.ts'
import type { Frame } from './wire/packet.ts'

/** STR-104 */
export const PACKET_LIFETIME_MS = 30_000
/** STR-106: a payment without a fulfilled packet, or a probe without an answer, for that long has failed. */
export const NO_PROGRESS_MS = 10_000
/** How long the goodbye may take. */
const CLOSE_MS = 2000
/** Flights in a row that the receiver declines, before the payment gives up. */
const DECLINES_MAX = 8
/** What a fixed delivery asks the path with, since it does not know the rate yet. */
const PROBE_AMOUNT = 1_000_000_000n
const DEFAULT_SLIPPAGE: Ratio = { numerator: 1n, denominator: 100n }
const MONEY: readonly Frame[] = [{ type: 0x11, streamId: 1n, shares: 1n }]
const GOODBYE: readonly Frame[] = [{ type: 0x01, code: StreamErrorCode.NoError, message: '' }]

export class StreamSender implements Machine<StreamSenderInput, StreamSenderOutput> {
  readonly #options: StreamSenderOptions
  readonly #connection: PayerConnection
  readonly #size = new PacketSize()
  readonly #window = new AmountInFlight()
  readonly #pacing = new Pacing()
  readonly #probing: Probing
  readonly #outstanding = new Map<number, Outstanding>()
  readonly #outputs = new Queue<StreamSenderOutput>()
  #phase: 'idle' | 'probing' | 'quoted' | 'paying' | 'ending' | 'closing' | 'done' = 'idle'
  #plan: Plan | undefined
  #lastId = 0
  #packets = 0
  #uncertain = 0n
  #declines = 0
  /** Why the receiver takes no more packets, as far as the last one tells. */
  #declined: 'rate-too-low' | 'receiver-refuses' | undefined
  #progressAt: Instant = 0
  #end: { outcome: PaymentOutcome; code: string | undefined } = { outcome: 'complete', code: undefined }
  #lastCode: string | undefined
  #closeUntil: Instant = 0

  /** @throws UsageError where the slippage is not below 1 */
  constructor(options: StreamSenderOptions) {
    const { crypto, rng, credentials, amount, slippage = DEFAULT_SLIPPAGE } = options
    if (slippage.numerator < 0n || slippage.numerator >= slippage.denominator) {
      throw new UsageError('slippage is a part: at least 0, below 1')
    }
    this.#options = options
    this.#connection = new PayerConnection(crypto, rng, credentials)
    const probed = 'send' in amount ? amount.send : PROBE_AMOUNT
    this.#probing = new Probing(probed, this.#size, this.#window)
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
    // Probes need not be awaited: nobody can fulfill them.
    const isAwaited = this.#plan !== undefined && this.#outstanding.size > 0
    if (this.#phase === 'ending' && !isAwaited) this.#close(now)
  }

  #probe(now: Instant): void {
    if (this.#outstanding.size > 0 || !this.#pacing.allows(now)) return
    this.#send({ amount: this.#probing.amount, destinationMin: 0n }, PROBE_FRAMES, now)
  }

  #pay(now: Instant): void {
    const plan = this.#plan!
    while (this.#pacing.allows(now)) {
      const part = plan.next(smaller(this.#size.max, this.#window.packetMax))
      if (part === undefined || !this.#window.allows(part.amount)) break
      if (!plan.isWorthwhile(part.amount)) {
        if (this.#outstanding.size === 0) this.#finish('amount-too-small')
        return
      }
      plan.started(part)
      this.#send(part, MONEY, now)
    }
    if (this.#outstanding.size === 0 && plan.isComplete) this.#finish('complete')
  }

  #send(part: Part, frames: readonly Frame[], now: Instant): void {
    const expiresAt = now + (this.#options.packetLifetimeMs ?? PACKET_LIFETIME_MS)
    const isFulfillable = this.#phase !== 'probing'
    const { prepare, outstanding } = this.#connection.build({ ...part, isFulfillable, frames, expiresAt })
    const id = ++this.#lastId
    this.#outstanding.set(id, outstanding)
    this.#pacing.sent(id)
    this.#window.sent(part.amount)
    this.#outputs.push({ kind: 'prepare', id, prepare })
  }

  /** Ends the wait for a packet; undefined where nobody waits for it. */
  #take(id: number): Outstanding | undefined {
    const outstanding = this.#outstanding.get(id)
    if (outstanding === undefined) return undefined
    this.#outstanding.delete(id)
    this.#pacing.answered()
    return outstanding
  }

  #handleReply(id: number, reply: Reply, now: Instant): void {
    const outstanding = this.#take(id)
    if (outstanding === undefined) return
    if (this.#phase === 'closing' && id === this.#lastId) return this.#done()
    const answer = this.#connection.check(outstanding, reply)
    if (!outstanding.isFulfillable) this.#handleProbed(id, outstanding, { reply, answer }, now)
    else if (answer.isFulfilled) this.#handleFulfilled(outstanding, answer, now)
    else this.#handleRejected(id, outstanding, { reply, answer }, now)
    if (answer.isContradiction) this.#finish('receiver-violation') // STR-50
  }

  #handleProbed(id: number, { amount }: Outstanding, { reply, answer }: Answered, now: Instant): void {
    if (this.#phase !== 'probing') return
    // Nobody can fulfill a probe.
    if (reply.type !== PacketType.Reject) return this.#finish('receiver-violation')
    this.#lastCode = reply.code
    const result = this.#probing.answered(amount, reply, answer.packet)
    this.#window.answered(amount)
    if (result.kind === 'ended') return this.#finish(result.outcome, reply.code)
    if (result.kind === 'offer') return this.#quote(result.offer)
    if (result.isNearer) this.#progressAt = now
    if (result.isBusy) this.#pacing.busy(id, now)
  }

  #quote({ rate, amount: packetAmountMax }: Offer): void {
    const { amount, slippage = DEFAULT_SLIPPAGE } = this.#options
    const plan = new Plan(amount, rate, slippage)
    this.#plan = plan
    this.#phase = 'quoted'
    const { minimumRate, sendMax, deliverMin } = plan
    const deliver = 'send' in amount ? mulFloor(amount.send, rate) : amount.deliver
    const { asset } = this.#connection
    const quote = { rate, minimumRate, asset, sendMax, deliver, deliverMin, packetAmountMax }
    this.#outputs.push({ kind: 'quoted', quote })
  }

  /** STR-39 … STR-42: a valid Fulfill has cost us the packet's amount, whatever else it says. */
  #handleFulfilled(part: Outstanding, { packet }: Answer, now: Instant): void {
    const { amount, destinationMin } = part
    this.#pacing.fulfilled()
    this.#size.passed(amount)
    this.#window.answered(amount)
    this.#window.fulfilled(amount)
    this.#packets++
    this.#declines = 0
    this.#declined = undefined
    this.#progressAt = now
    const isHonest = packet !== undefined && packet.prepareAmount >= destinationMin
    const plan = this.#plan!
    plan.fulfilled(part, isHonest ? packet.prepareAmount : destinationMin)
    this.#outputs.push({ kind: 'progress', sent: plan.sent, delivered: plan.delivered })
    if (!isHonest) this.#finish('receiver-violation')
    else if (closes(packet.frames) && !plan.isComplete) this.#finish('receiver-refuses')
  }

  #handleRejected(id: number, part: Outstanding, { reply, answer }: Answered, now: Instant): void {
    const { amount } = part
    this.#plan!.failed(part)
    // A Fulfill that does not fit is nobody's answer: try again, like after any trouble on the way.
    const reject = reply.type === PacketType.Reject ? reply : TROUBLE
    const { code } = reject
    this.#lastCode = code
    if (code === ErrorCode.F08_AMOUNT_TOO_LARGE) {
      this.#window.answered(amount)
      this.#size.refused(amount, reject.data)
      if (this.#size.max === 0n) this.#finish('path-refuses', code)
      return
    }
    const isNews = this.#pacing.busy(id, now)
    if (isNews && code === ErrorCode.T04_INSUFFICIENT_LIQUIDITY) this.#window.short()
    this.#window.answered(amount)
    if (code === ErrorCode.F99_APPLICATION_ERROR) this.#handleDeclined(part, answer, isNews)
    else if (errorClass(code) === 'final') this.#finish('path-refuses', code) // STR-102
  }

  /** The receiver did not take the packet: it arrived short, or it is not wanted. */
  #handleDeclined({ destinationMin }: Outstanding, { packet }: Answer, isNews: boolean): void {
    if (packet === undefined) return this.#finish('path-refuses', ErrorCode.F99_APPLICATION_ERROR)
    if (closes(packet.frames)) return this.#finish('receiver-refuses')
    const isShort = packet.prepareAmount < destinationMin
    this.#declined = isShort ? 'rate-too-low' : 'receiver-refuses'
    if (!isNews) return
    if (isShort) this.#plan!.roundedAway()
    if (++this.#declines >= DECLINES_MAX) this.#finish(this.#declined)
  }

  #handleFailed(id: number, isLost: boolean, now: Instant): void {
    const outstanding = this.#take(id)
    if (outstanding === undefined) return
    if (this.#phase === 'closing' && id === this.#lastId) return this.#done()
    this.#window.answered(outstanding.amount)
    this.#pacing.busy(id, now)
    if (!outstanding.isFulfillable) return
    this.#plan!.failed(outstanding)
    if (!isLost) return
    // Maybe paid, maybe not: to send it again could pay it twice.
    this.#uncertain += outstanding.amount
    this.#finish('link-lost')
  }

  #checkProgress(now: Instant): void {
    if (this.#phase === 'closing' && now >= this.#closeUntil) return this.#done()
    const isActive = this.#phase === 'probing' || this.#phase === 'paying'
    if (!isActive || now < this.#progressAt + NO_PROGRESS_MS) return
    const silence = this.#phase === 'probing' ? 'no-rate' : 'no-progress'
    this.#finish(this.#declined ?? silence, this.#lastCode)
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
    this.#send({ amount: 0n, destinationMin: 0n }, GOODBYE, now)
  }

  #done(): void {
    this.#phase = 'done'
    const { sent = 0n, delivered = 0n } = this.#plan ?? {}
    const report = { ...this.#end, sent, delivered, uncertain: this.#uncertain, packets: this.#packets }
    this.#outputs.push({ kind: 'done', report })
  }
}

interface Answered {
  readonly reply: Reply
  readonly answer: Answer
}

const TROUBLE: Reject = {
  code: ErrorCode.T00_INTERNAL_ERROR,
  triggeredBy: '',
  message: '',
  data: new Uint8Array(0),
}

/** Whether the receiver ends the connection, or the only stream. */
function closes(frames: readonly Frame[]): boolean {
  return frames.some(({ type }) => type === 0x01 || type === 0x10)
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
