/**
 * One payment over one connection. Layer 4. Spec: IL-RFC 29 §3, §4.
 *
 *   idle ─start→ probing ─→ quoted ─pay→ paying ─→ ended ─→ done
 *     └──────────────pay───────┴───────────↗        ended: what is out is awaited, the goodbye is not
 *
 * What is paid is decided by `Spending`. Every Prepare is answered by its link, at its expiry at the latest, so
 * there is no timer for a packet.
 */
import { type Instant, type Machine, Queue, UsageError } from '@hourglass/sansio'
import type { Reply } from '@hourglass/ilp'
import { Congestion } from './congestion/congestion.ts'
import { DEFAULT_SLIPPAGE, PACKET_LIFETIME_MS } from './defaults.ts'
import { StreamErrorCode } from './error-code.ts'
import { ConnectionKeys } from './keys.ts'
import type { StreamSenderInput, StreamSenderOptions, StreamSenderOutput } from './payment.ts'
import { PeerAsset } from './peer-asset.ts'
import { NO_MONEY, type Part } from './plan.ts'
import { mulFloor } from './ratio.ts'
import { Hearing, PAYMENT_STREAM_ID } from './receiver-word.ts'
import { type Answer, type Outstanding, SendingEnd } from './sending-end.ts'
import { Spending } from './spending.ts'
import type { Frame } from './wire/packet.ts'

/** Asks the receiver for its asset; tells it that nothing may come back to us (STR-45, STR-59). */
const GREETING: readonly Frame[] = [
  { type: 0x02, address: '' },
  { type: 0x05, maxStreamId: 1n },
  { type: 0x03, maxOffset: 0n },
]
const MONEY: readonly Frame[] = [{ type: 0x11, streamId: PAYMENT_STREAM_ID, shares: 1n }]
const GREETING_AND_MONEY: readonly Frame[] = [...GREETING, ...MONEY]
const GOODBYE: readonly Frame[] = [{ type: 0x01, code: StreamErrorCode.NoError, message: '' }]

export class StreamSender implements Machine<StreamSenderInput, StreamSenderOutput> {
  readonly #options: StreamSenderOptions
  readonly #end: SendingEnd
  readonly #asset = new PeerAsset()
  readonly #hearing = new Hearing()
  readonly #congestion = new Congestion()
  readonly #spending: Spending
  readonly #outstanding = new Map<number, Outstanding>()
  readonly #outputs = new Queue<StreamSenderOutput>()
  #lastId = 0
  /** Whether the receiver has spoken to us. */
  #isHeard = false
  #isDone = false

  /** @throws UsageError where the slippage is not below 1 */
  constructor(options: StreamSenderOptions) {
    const {
      crypto,
      rng,
      credentials,
      amount,
      minimumRate,
      slippage = DEFAULT_SLIPPAGE,
      lastSequence = 0n,
    } = options
    if (slippage.numerator < 0n || slippage.numerator >= slippage.denominator) {
      throw new UsageError('slippage is a part: at least 0, below 1')
    }
    this.#options = options
    const start = { destination: credentials.destination, sequence: lastSequence }
    this.#end = new SendingEnd(rng, new ConnectionKeys(crypto, credentials.sharedSecret), start)
    this.#spending = new Spending(amount, { slippage, minimumRate }, this.#congestion)
  }

  handle(input: StreamSenderInput, now: Instant): void {
    switch (input.kind) {
      case 'start':
        this.#spending.start(now)
        break
      case 'pay':
        this.#spending.pay(now)
        break
      case 'cancel':
        this.#spending.finish('cancelled')
        break
      case 'reply':
        this.#handleReply(input.id, input.reply, now)
        break
      case 'failed':
        this.#handleFailed(input.id, input.isLost, now)
        break
      case 'timeout':
        this.#spending.checkProgress(now)
        break
    }
    this.#advance(now)
  }

  poll(): StreamSenderOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    const { phase, patienceEnds } = this.#spending
    if (phase !== 'probing' && phase !== 'paying') return undefined
    return Math.min(patienceEnds, this.#congestion.pausedUntil ?? patienceEnds)
  }

  /** Sends what may be sent now. */
  #advance(now: Instant): void {
    const spending = this.#spending
    if (spending.phase === 'probing') this.#probe(now)
    if (spending.phase === 'paying') this.#pay(now)
    // Probes need not be awaited: nobody can fulfill them.
    const isAwaited = spending.plan !== undefined && this.#outstanding.size > 0
    if (spending.phase === 'ended' && !this.#isDone && !isAwaited) this.#finish(now)
  }

  #probe(now: Instant): void {
    if (this.#outstanding.size > 0 || !this.#congestion.allowsPacket(now)) return
    this.#carry({ amount: this.#spending.probeAmount, destinationMin: 0n }, GREETING, now)
  }

  #pay(now: Instant): void {
    const spending = this.#spending
    while (this.#congestion.allowsPacket(now)) {
      const part = spending.next()
      if (part === undefined) break
      this.#carry(part, this.#isHeard ? MONEY : GREETING_AND_MONEY, now)
    }
    if (this.#outstanding.size === 0 && spending.plan!.isComplete) spending.finish('complete')
  }

  /** A packet whose answer counts. */
  #carry(part: Part, frames: readonly Frame[], now: Instant): void {
    const outstanding = this.#send(part, frames, now)
    this.#outstanding.set(outstanding.id, outstanding)
    this.#congestion.sent(outstanding)
  }

  #send({ amount, destinationMin }: Part, frames: readonly Frame[], now: Instant): Outstanding {
    const expiresAt = now + (this.#options.packetLifetimeMs ?? PACKET_LIFETIME_MS)
    const isFulfillable = this.#spending.phase === 'paying'
    const id = ++this.#lastId
    const plan = { amount, destinationMin, isFulfillable, frames, expiresAt }
    const { prepare, outstanding } = this.#end.build(id, plan)
    this.#outputs.push({ kind: 'prepare', id, prepare })
    return outstanding
  }

  /** Ends the wait for a packet; undefined where nobody waits for it. */
  #take(id: number): Outstanding | undefined {
    const outstanding = this.#outstanding.get(id)
    this.#outstanding.delete(id)
    return outstanding
  }

  #handleReply(id: number, reply: Reply, now: Instant): void {
    const outstanding = this.#take(id)
    if (outstanding === undefined) return
    const answer = this.#end.check(outstanding, reply)
    this.#isHeard ||= answer.packet !== undefined
    // STR-50: even of a packet that is paid no later one follows.
    const isContradiction = answer.packet !== undefined && !this.#hear(answer.packet.frames)
    if (outstanding.isFulfillable) this.#handleAnswer(outstanding, reply, answer, now)
    else this.#handleProbed(outstanding, reply, answer, now)
    if (isContradiction) this.#spending.finish('receiver-violation')
  }

  /** What the receiver says of itself; false where it contradicts what it said before. */
  #hear(frames: readonly Frame[]): boolean {
    const receipt = this.#hearing.learn(frames)
    if (receipt !== undefined) this.#outputs.push({ kind: 'receipt', receipt })
    return this.#asset.learn(frames)
  }

  #handleProbed(outstanding: Outstanding, reply: Reply, answer: Answer, now: Instant): void {
    const spending = this.#spending
    const wasProbing = spending.phase === 'probing'
    spending.probed(outstanding, reply, answer, now)
    const { plan, offer } = spending
    if (!wasProbing || plan === undefined || offer === undefined) return
    const { rate, minimumRate, sendMax, deliverMin } = plan
    const { amount } = this.#options
    const deliver = 'send' in amount ? mulFloor(amount.send, rate) : amount.deliver
    const { asset } = this.#asset
    const packetAmountMax = offer.amount
    const quote = { rate, minimumRate, asset, sendMax, deliver, deliverMin, packetAmountMax }
    this.#outputs.push({ kind: 'quoted', quote })
  }

  #handleAnswer(outstanding: Outstanding, reply: Reply, answer: Answer, now: Instant): void {
    const spending = this.#spending
    spending.answered(outstanding, reply, answer, now)
    const { sent, delivered, isComplete } = spending.plan!
    if (answer.isFulfilled) this.#outputs.push({ kind: 'progress', sent, delivered })
    if (this.#hearing.isClosed && !isComplete) spending.finish('receiver-refuses')
  }

  #handleFailed(id: number, isLost: boolean, now: Instant): void {
    const outstanding = this.#take(id)
    if (outstanding !== undefined) this.#spending.failed(outstanding, isLost, now)
  }

  /** The report waits for no answer to the goodbye, which is said where anybody has spoken to us (STR-79, X-STR9). */
  #finish(now: Instant): void {
    this.#isDone = true
    if (this.#isHeard) this.#send(NO_MONEY, GOODBYE, now)
    const { plan, end, uncertain, packets } = this.#spending
    const { sent = 0n, delivered = 0n } = plan ?? {}
    const { word } = this.#hearing
    this.#outputs.push({ kind: 'done', report: { ...end, sent, delivered, uncertain, packets, word } })
  }
}
