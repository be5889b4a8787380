/**
 * A path between a payer and a receiver, in virtual time: rate, largest packet, liquidity, delay, loss. Testing.
 * Both ends are the real machines; the same seed gives the same course.
 */
import {
  type Address,
  ErrorCode,
  PacketType,
  type Prepare,
  type Reply,
  encodeAmountTooLarge,
} from '@hourglass/ilp'
import type { Instant, Rng } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { type Ratio, mulFloor } from '../ratio.ts'
import type { PaymentReport, Quote, StreamSenderOptions } from '../payment.ts'
import { StreamSender } from '../sender.ts'
import { StreamServer } from '../server.ts'
import { seededRng } from './seeded-rng.ts'

export interface PathOptions {
  /** Two hops, each rounding down. */
  readonly rates: readonly [Ratio, Ratio]
  /** Largest packet of the first hop; undefined: none. */
  readonly packetAmountMax: bigint | undefined
  readonly isHinting: boolean
  /** What may be unanswered on the first hop. */
  readonly liquidity: bigint | undefined
  readonly delayMs: number
  /** Of 1000 packets, so many are rejected with a temporary error. */
  readonly lossPerMille: number
  readonly seed: number
  /** Changes what the receiver gets to see or what it answers. */
  readonly tamper?: (reply: Reply, sequence: number) => Reply
}

export const PLAIN_PATH: PathOptions = {
  rates: [
    { numerator: 1n, denominator: 1n },
    { numerator: 1n, denominator: 1n },
  ],
  packetAmountMax: undefined,
  isHinting: true,
  liquidity: undefined,
  delayMs: 50,
  lossPerMille: 0,
  seed: 1,
}

export interface PathResult {
  readonly report: PaymentReport
  readonly quote: Quote | undefined
  /** What the receiver booked. */
  readonly received: bigint
  /** What the first hop was paid. */
  readonly charged: bigint
  readonly prepares: number
  readonly maxInFlight: number
  readonly elapsedMs: number
}

interface Event {
  readonly at: Instant
  readonly act: () => void
}

const START = 1_700_000_000_000
const EVENTS_MAX = 200_000

export interface PathPayment extends Pick<StreamSenderOptions, 'amount' | 'slippage' | 'minimumRate'> {
  /** Pays without asking for a quote. */
  readonly isUnasked?: boolean
}

/** Runs one payment to its end. */
export function runPath(options: PathOptions, payment: PathPayment): PathResult {
  return new Path(options, payment).run()
}

class Path {
  readonly #options: PathOptions
  readonly #rng: Rng
  readonly #server: StreamServer
  readonly #sender: StreamSender
  readonly #first: 'start' | 'pay'
  readonly #events: Event[] = []
  #now = START
  #received = 0n
  #charged = 0n
  #held = 0n
  #prepares = 0
  #inFlight = 0
  #maxInFlight = 0
  #quote: Quote | undefined
  #report: PaymentReport | undefined

  constructor(options: PathOptions, { isUnasked = false, ...payment }: PathPayment) {
    this.#options = options
    this.#first = isUnasked ? 'pay' : 'start'
    this.#rng = seededRng(options.seed)
    const common = { crypto: nodeCrypto, rng: this.#rng }
    this.#server = new StreamServer({
      ...common,
      serverSecret: new Uint8Array(32).fill(3),
      address: 'test.receiver' as Address,
      assetCode: 'EUR',
      assetScale: 4,
    })
    this.#sender = new StreamSender({ ...common, credentials: this.#server.credentials(), ...payment })
  }

  run(): PathResult {
    this.#sender.handle({ kind: this.#first }, this.#now)
    this.#drain()
    for (let steps = 0; this.#report === undefined; steps++) {
      if (steps > EVENTS_MAX) throw new Error('the payment does not end')
      this.#step()
      this.#drain()
    }
    return {
      report: this.#report,
      quote: this.#quote,
      received: this.#received,
      charged: this.#charged,
      prepares: this.#prepares,
      maxInFlight: this.#maxInFlight,
      elapsedMs: this.#now - START,
    }
  }

  /** What comes next: something that was planned, or the sender's timeout. */
  #step(): void {
    const timeout = this.#sender.nextTimeout()
    const index = earliest(this.#events)
    const event = this.#events[index]
    if (event !== undefined && (timeout === undefined || event.at <= timeout)) {
      this.#events.splice(index, 1)
      this.#now = Math.max(this.#now, event.at)
      event.act()
    } else if (timeout !== undefined) {
      this.#now = Math.max(this.#now, timeout)
      this.#sender.handle({ kind: 'timeout' }, this.#now)
    } else {
      throw new Error('the payment waits for nothing')
    }
  }

  #drain(): void {
    const sender = this.#sender
    for (let output = sender.poll(); output !== undefined; output = sender.poll()) {
      if (output.kind === 'quoted') {
        this.#quote = output.quote
        this.#after(0, () => sender.handle({ kind: 'pay' }, this.#now))
      } else if (output.kind === 'done') {
        this.#report = output.report
      } else if (output.kind === 'prepare') {
        const { id, prepare } = output
        this.#maxInFlight = Math.max(this.#maxInFlight, ++this.#inFlight)
        const reply = this.#carry(prepare, ++this.#prepares)
        this.#after(this.#options.delayMs, () => {
          this.#inFlight--
          sender.handle({ kind: 'reply', id, reply }, this.#now)
        })
      }
    }
  }

  #after(ms: number, act: () => void): void {
    this.#events.push({ at: this.#now + ms, act })
  }

  /** What the path and the receiver make of a packet. */
  #carry(prepare: Prepare, sequence: number): Reply {
    const { amount } = prepare
    const { packetAmountMax, isHinting, liquidity, lossPerMille, rates, delayMs, tamper } = this.#options
    if (packetAmountMax !== undefined && amount > packetAmountMax) {
      const hint = encodeAmountTooLarge({ receivedAmount: amount, maximumAmount: packetAmountMax })
      return reject(ErrorCode.F08_AMOUNT_TOO_LARGE, isHinting ? hint : undefined)
    }
    if (liquidity !== undefined && this.#held + amount > liquidity)
      return reject(ErrorCode.T04_INSUFFICIENT_LIQUIDITY)
    if (this.#rng.bytes(2)[0]! * 4 < lossPerMille) return reject(ErrorCode.T05_RATE_LIMITED)
    this.#held += amount
    const reply = this.#receive(
      { ...prepare, amount: mulFloor(mulFloor(amount, rates[0]), rates[1]) },
      sequence,
    )
    const answer = tamper?.(reply, sequence) ?? reply
    this.#after(delayMs, () => {
      this.#held -= amount
      if (answer.type === PacketType.Fulfill) this.#charged += amount
    })
    return answer
  }

  #receive(prepare: Prepare, id: number): Reply {
    const server = this.#server
    server.handle({ kind: 'prepare', id, prepare }, this.#now)
    let reply: Reply | undefined
    for (let output = server.poll(); output !== undefined; output = server.poll()) {
      if (output.kind === 'money') this.#received += output.amount
      if (output.kind === 'reply') reply = output.reply
    }
    if (reply === undefined) throw new Error('the receiver does not answer')
    return reply
  }
}

function reject(code: string, data: Uint8Array = new Uint8Array(0)): Reply {
  return { type: PacketType.Reject, code, triggeredBy: 'test.hop' as Address, message: '', data }
}

function earliest(events: readonly Event[]): number {
  let best = 0
  events.forEach(({ at }, index) => {
    if (at < (events[best]?.at ?? Infinity)) best = index
  })
  return best
}
