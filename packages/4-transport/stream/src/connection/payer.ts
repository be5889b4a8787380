/**
 * The money that a connection sends: when to ask for a quote, which streams pay next, and what each has paid.
 * Layer 4. Spec: IL-RFC 29 §3.4, §4.4.
 *
 * One `Spending` pays for all streams; where it ends, money stops until the application asks again.
 */
import { PacketType, type Reply } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import type { Congestion } from '../congestion/congestion.ts'
import { DEFAULT_SLIPPAGE } from '../defaults.ts'
import type { Answer, Outstanding } from '../sending-end.ts'
import { Spending } from '../spending.ts'
import { type Contents, NOTHING, type StreamPart } from './contents.ts'
import type { Shared } from './shared.ts'
import type { Stream } from './stream.ts'

/** What came back for a packet. */
interface Answered {
  readonly reply: Reply
  readonly answer: Answer
}

export class Payer {
  readonly #shared: Shared
  readonly #congestion: Congestion
  #spending: Spending | undefined
  #isStopped = false
  #isProbeOut = false
  /** Whether there is money to send that nothing but the path holds back. */
  #isActive = false

  constructor(shared: Shared, congestion: Congestion) {
    this.#shared = shared
    this.#congestion = congestion
  }

  /** Whether money waits for the application to ask again. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  get patienceEnds(): Instant | undefined {
    return this.#isActive ? this.#spending?.patienceEnds : undefined
  }

  /** The application wants something sent. */
  ask(): void {
    this.#isStopped = false
  }

  /** Whether the other end's limit keeps the stream from sending. */
  isBlocked(stream: Stream): boolean {
    const { unsent } = stream
    return unsent > 0n && this.#spending?.phase === 'paying' && this.#sendable(stream) === 0n
  }

  checkProgress(now: Instant): void {
    if (!this.#isActive) return
    this.#spending?.checkProgress(now)
    this.#settle()
  }

  /** Begins where there is something to send, and follows what the streams want. */
  prepare(now: Instant): void {
    const unsent = sum(this.#shared.streams, (stream) => stream.unsent)
    if (this.#spending === undefined && unsent > 0n && !this.#isStopped) {
      const { slippage = DEFAULT_SLIPPAGE, minimumRate } = this.#shared.options
      this.#spending = new Spending({ send: unsent }, { slippage, minimumRate }, this.#congestion)
      this.#spending.start(now)
    }
    this.#spending?.plan?.setRest(unsent)
    const wasActive = this.#isActive
    this.#isActive = this.#hasWork()
    if (this.#isActive && !wasActive) this.#spending?.resume(now)
  }

  /** The next probe or packet of money; undefined where none may go now. */
  next(): Contents | undefined {
    const spending = this.#spending
    if (spending === undefined) return undefined
    if (spending.phase === 'probing') {
      if (this.#isProbeOut) return undefined
      this.#isProbeOut = true
      return {
        ...NOTHING,
        kind: 'probe',
        part: { amount: spending.probeAmount, destinationMin: 0n },
        spending,
      }
    }
    const most = sum(this.#shared.streams, (stream) => this.#sendable(stream))
    const part = most === 0n ? undefined : spending.next(most)
    if (part === undefined) {
      this.#settle()
      return undefined
    }
    return { ...NOTHING, kind: 'money', part, parts: this.#allot(part.amount), spending }
  }

  probed({ spending }: Contents, outstanding: Outstanding, { reply, answer }: Answered, now: Instant): void {
    this.#isProbeOut = false
    spending!.probed(outstanding, reply, answer, now)
    if (spending!.phase === 'quoted') {
      spending!.pay(now)
      const { rate, minimumRate } = spending!.plan!
      this.#shared.outputs.push({ kind: 'quoted', rate, minimumRate, asset: this.#shared.asset.asset })
    }
    this.#settle()
  }

  answered(
    { spending, parts }: Contents,
    outstanding: Outstanding,
    { reply, answer }: Answered,
    now: Instant,
  ): void {
    const delivered = spending!.answered(outstanding, reply, answer, now)
    for (const { stream, amount } of parts) {
      stream.inFlight -= amount
      if (!answer.isFulfilled || reply.type !== PacketType.Fulfill) continue
      stream.sent += amount
      stream.delivered += (delivered * amount) / outstanding.amount
      this.#shared.outputs.push({
        kind: 'sent',
        streamId: stream.id,
        sent: stream.sent,
        delivered: stream.delivered,
      })
    }
    this.#settle()
  }

  /** The link has no answer. */
  failed({ kind, spending, parts }: Contents, outstanding: Outstanding, isLost: boolean, now: Instant): void {
    if (kind === 'probe') this.#isProbeOut = false
    spending!.failed(outstanding, isLost, now)
    for (const { stream, amount } of parts) {
      stream.inFlight -= amount
      if (isLost) stream.uncertain += amount
    }
    this.#settle()
  }

  #hasWork(): boolean {
    const spending = this.#spending
    if (spending === undefined) return false
    if (spending.phase === 'probing') return true
    if (spending.phase !== 'paying') return false
    return !spending.plan!.isIdle || sum(this.#shared.streams, (stream) => this.#sendable(stream)) > 0n
  }

  #sendable(stream: Stream): bigint {
    const plan = this.#spending?.plan
    if (plan === undefined || stream.isClosingTold) return 0n
    return stream.sendable(plan.rate)
  }

  /** Which streams the money of a packet is for: first come, first served. */
  #allot(amount: bigint): StreamPart[] {
    const parts: StreamPart[] = []
    let left = amount
    for (const stream of this.#shared.streams) {
      const sendable = this.#sendable(stream)
      const part = sendable < left ? sendable : left
      if (part === 0n) continue
      stream.inFlight += part
      left -= part
      parts.push({ stream, amount: part })
    }
    return parts
  }

  /** Tells once why money has stopped. */
  #settle(): void {
    const spending = this.#spending
    if (spending?.phase !== 'ended') return
    this.#spending = undefined
    this.#isStopped = true
    this.#isProbeOut = false
    this.#isActive = false
    const { end, uncertain } = spending
    this.#shared.outputs.push({ kind: 'stopped', ...end, uncertain })
  }
}

function sum(streams: Iterable<Stream>, amountOf: (stream: Stream) => bigint): bigint {
  let total = 0n
  for (const stream of streams) total += amountOf(stream)
  return total
}
