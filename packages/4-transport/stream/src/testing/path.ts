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

/** Runs one payment to its end. */
export function runPath(
  options: PathOptions,
  payment: Pick<StreamSenderOptions, 'amount' | 'slippage'>,
): PathResult {
  const rng = seededRng(options.seed)
  const server = new StreamServer({
    crypto: nodeCrypto,
    rng,
    serverSecret: new Uint8Array(32).fill(3),
    address: 'test.receiver' as Address,
    assetCode: 'EUR',
    assetScale: 4,
  })
  const sender = new StreamSender({ crypto: nodeCrypto, rng, credentials: server.credentials(), ...payment })
  const events: Event[] = []
  let now = START
  let [received, charged, held, prepares, inFlight, maxInFlight] = [0n, 0n, 0n, 0, 0, 0]
  let quote: Quote | undefined
  let report: PaymentReport | undefined

  const reject = (code: string, data: Uint8Array = new Uint8Array(0)): Reply => ({
    type: PacketType.Reject,
    code,
    triggeredBy: 'test.hop' as Address,
    message: '',
    data,
  })

  /** What the path and the receiver make of a packet. */
  function carry(prepare: Prepare, sequence: number): Reply {
    const { amount } = prepare
    const { packetAmountMax, liquidity, rates } = options
    if (packetAmountMax !== undefined && amount > packetAmountMax) {
      const hint = encodeAmountTooLarge({ receivedAmount: amount, maximumAmount: packetAmountMax })
      return reject(ErrorCode.F08_AMOUNT_TOO_LARGE, options.isHinting ? hint : undefined)
    }
    if (liquidity !== undefined && held + amount > liquidity)
      return reject(ErrorCode.T04_INSUFFICIENT_LIQUIDITY)
    if (rng.bytes(2)[0]! * 4 < options.lossPerMille) return reject(ErrorCode.T05_RATE_LIMITED)
    held += amount
    const arriving = mulFloor(mulFloor(amount, rates[0]), rates[1])
    server.handle({ kind: 'prepare', id: sequence, prepare: { ...prepare, amount: arriving } }, now)
    let reply: Reply | undefined
    for (let output = server.poll(); output !== undefined; output = server.poll()) {
      if (output.kind === 'money') received += output.amount
      if (output.kind === 'reply') reply = output.reply
    }
    const answer = options.tamper?.(reply!, sequence) ?? reply!
    events.push({
      at: now + options.delayMs,
      act: () => {
        held -= amount
        if (answer.type === PacketType.Fulfill) charged += amount
      },
    })
    return answer
  }

  function drain(): void {
    for (let output = sender.poll(); output !== undefined; output = sender.poll()) {
      if (output.kind === 'quoted') {
        quote = output.quote
        events.push({ at: now, act: () => sender.handle({ kind: 'pay' }, now) })
      } else if (output.kind === 'done') {
        report = output.report
      } else if (output.kind === 'prepare') {
        const { id, prepare } = output
        prepares++
        maxInFlight = Math.max(maxInFlight, ++inFlight)
        const reply = carry(prepare, prepares)
        events.push({
          at: now + options.delayMs,
          act: () => {
            inFlight--
            sender.handle({ kind: 'reply', id, reply }, now)
          },
        })
      }
    }
  }

  sender.handle({ kind: 'start' }, now)
  drain()
  for (let steps = 0; report === undefined; steps++) {
    if (steps > EVENTS_MAX) throw new Error('the payment does not end')
    const timeout = sender.nextTimeout()
    const index = earliest(events)
    const event = events[index]
    if (event !== undefined && (timeout === undefined || event.at <= timeout)) {
      events.splice(index, 1)
      now = Math.max(now, event.at)
      event.act()
    } else if (timeout !== undefined) {
      now = Math.max(now, timeout)
      sender.handle({ kind: 'timeout' }, now)
    } else {
      throw new Error('the payment waits for nothing')
    }
    drain()
  }
  return { report, quote, received, charged, prepares, maxInFlight, elapsedMs: now - START }
}

function earliest(events: readonly Event[]): number {
  let best = 0
  events.forEach(({ at }, index) => {
    if (at < (events[best]?.at ?? Infinity)) best = index
  })
  return best
}

/** A small generator with a seed: good enough to choose, never to hide. */
function seededRng(seed: number): Rng {
  let state = seed >>> 0 || 1
  return {
    bytes: (length) =>
      Uint8Array.from({ length }, () => {
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
        return state & 0xff
      }),
  }
}
