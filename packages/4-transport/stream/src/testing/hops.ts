/**
 * The hops between a payer and a receiver, in virtual time: rates, largest packet, liquidity, loss. Testing.
 * Whoever pays owns the clock and the way to the first hop.
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
import type { Credentials } from '../credentials.ts'
import { type Ratio, mulFloor } from '../ratio.ts'
import { StreamServer } from '../server.ts'
import type { TokenContents } from '../token.ts'

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

/** The world's clock. */
export interface World {
  readonly rng: Rng
  readonly now: () => Instant
  readonly after: (ms: number, act: () => void) => void
}

export class Hops {
  /** What the receiver booked. */
  received = 0n
  /** What the first hop was paid. */
  charged = 0n
  readonly #options: PathOptions
  readonly #world: World
  readonly #server: StreamServer
  #held = 0n
  #carried = 0

  constructor(options: PathOptions, world: World) {
    this.#options = options
    this.#world = world
    this.#server = new StreamServer({
      crypto: nodeCrypto,
      rng: world.rng,
      serverSecret: new Uint8Array(32).fill(3),
      address: 'test.receiver' as Address,
      assetCode: 'EUR',
      assetScale: 4,
    })
  }

  credentials(contents?: TokenContents): Credentials {
    return this.#server.credentials(contents)
  }

  /** What path and receiver make of a packet; the first hop knows it `delayMs` later. */
  carry(prepare: Prepare): Reply {
    const sequence = ++this.#carried
    const { amount } = prepare
    const { packetAmountMax, isHinting, liquidity, lossPerMille, rates, delayMs, tamper } = this.#options
    if (packetAmountMax !== undefined && amount > packetAmountMax) {
      const hint = encodeAmountTooLarge({ receivedAmount: amount, maximumAmount: packetAmountMax })
      return reject(ErrorCode.F08_AMOUNT_TOO_LARGE, isHinting ? hint : undefined)
    }
    if (liquidity !== undefined && this.#held + amount > liquidity)
      return reject(ErrorCode.T04_INSUFFICIENT_LIQUIDITY)
    if (this.#world.rng.bytes(2)[0]! * 4 < lossPerMille) return reject(ErrorCode.T05_RATE_LIMITED)
    this.#held += amount
    const arrived = mulFloor(mulFloor(amount, rates[0]), rates[1])
    const reply = this.#receive({ ...prepare, amount: arrived }, sequence)
    const answer = tamper?.(reply, sequence) ?? reply
    this.#world.after(delayMs, () => {
      this.#held -= amount
      if (answer.type === PacketType.Fulfill) this.charged += amount
    })
    return answer
  }

  #receive(prepare: Prepare, id: number): Reply {
    const server = this.#server
    server.handle({ kind: 'prepare', id, prepare }, this.#world.now())
    let reply: Reply | undefined
    for (let output = server.poll(); output !== undefined; output = server.poll()) {
      if (output.kind === 'money') this.received += output.amount
      if (output.kind === 'reply') reply = output.reply
    }
    if (reply === undefined) throw new Error('the receiver does not answer')
    return reply
  }
}

function reject(code: string, data: Uint8Array = new Uint8Array(0)): Reply {
  return { type: PacketType.Reject, code, triggeredBy: 'test.hop' as Address, message: '', data }
}
