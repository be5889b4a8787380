/**
 * Both ends of one connection on a path in virtual time: rates both ways, delay, loss, reordering, duplicates,
 * tampering. Testing. Both ends are the real machines; the same seed gives the same course.
 */
import { type Address, ErrorCode, PacketType, type Prepare, type Reply } from '@hourglass/ilp'
import type { Instant, Rng } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { StreamConnection } from '../connection/connection.ts'
import type { ConnectionEvent, ConnectionInput, ConnectionOptions } from '../connection/face.ts'
import { type Ratio, mulFloor } from '../ratio.ts'
import { seededRng } from './seeded-rng.ts'

export type Side = 'client' | 'server'

export interface PairOptions {
  /** Server units per client unit. */
  readonly rate?: Ratio
  /** Each way; a packet takes up to twice as long. */
  readonly delayMs?: number
  /** Of 1000 packets, so many are rejected before they arrive, and as many answers turn into rejections. */
  readonly lossPerMille?: number
  readonly seed?: number
  readonly client?: Partial<ConnectionOptions>
  readonly server?: Partial<ConnectionOptions>
  /** How often a packet arrives; the first arrival is answered. */
  readonly copies?: (index: number) => number
  /** Changes what the other end gets to see. */
  readonly tamper?: (prepare: Prepare, from: Side, index: number) => Prepare
  readonly tamperReply?: (reply: Reply, to: Side, index: number) => Reply
}

interface Event {
  readonly at: Instant
  readonly order: number
  readonly act: () => void
}

const START = 1_700_000_000_000
const STEPS_MAX = 100_000
const ONE: Ratio = { numerator: 1n, denominator: 1n }
const ADDRESSES: Readonly<Record<Side, Address>> = {
  client: 'test.client' as Address,
  server: 'test.server' as Address,
}

export class Pair {
  readonly events: Readonly<Record<Side, ConnectionEvent[]>> = { client: [], server: [] }
  /** Prepares of each end, as they left it. */
  readonly prepares: Readonly<Record<Side, Prepare[]>> = { client: [], server: [] }
  /** Fulfilled, in units of the side that paid. */
  readonly charged: Record<Side, bigint> = { client: 0n, server: 0n }
  /** What came with packets that each end fulfilled: what its own connector paid it. */
  readonly paid: Record<Side, bigint> = { client: 0n, server: 0n }
  readonly ends: Readonly<Record<Side, StreamConnection>>
  now: Instant = START
  readonly #options: PairOptions
  readonly #rng: Rng
  #events: Event[] = []
  #order = 0
  readonly #listeners: ((side: Side, event: ConnectionEvent) => void)[] = []

  constructor(options: PairOptions = {}) {
    this.#options = options
    this.#rng = seededRng(options.seed ?? 1)
    const common = {
      crypto: nodeCrypto,
      rng: this.#rng,
      sharedSecret: new Uint8Array(32).fill(9),
      assetScale: 2,
    }
    const client = {
      ...common,
      role: 'client' as const,
      assetCode: 'USD',
      destination: ADDRESSES.server,
      address: ADDRESSES.client,
      ...options.client,
    }
    const server = {
      ...common,
      role: 'server' as const,
      assetCode: 'EUR',
      address: ADDRESSES.server,
      ...options.server,
    }
    this.ends = { client: new StreamConnection(client), server: new StreamConnection(server) }
  }

  /** Called for each event of either end. */
  on(listener: (side: Side, event: ConnectionEvent) => void): this {
    this.#listeners.push(listener)
    return this
  }

  hand(side: Side, input: ConnectionInput): void {
    this.ends[side].handle(input, this.now)
    this.#drain(side)
  }

  /** Until nothing happens any more, or `until` is true, or so much time has gone by. */
  run({ until = () => false, ms = 600_000 }: { until?: () => boolean; ms?: number } = {}): void {
    const end = this.now + ms
    for (let step = 0; step < STEPS_MAX; step++) {
      if (until()) return
      const event = this.#events[0]
      const timeout = Math.min(
        ...(['client', 'server'] as const).map((side) => this.ends[side].nextTimeout() ?? Infinity),
      )
      const at = Math.min(event?.at ?? Infinity, timeout)
      if (at === Infinity || at > end) return
      this.now = Math.max(this.now, at)
      if (event !== undefined && event.at <= timeout) {
        this.#events.shift()
        event.act()
      } else for (const side of ['client', 'server'] as const) this.hand(side, { kind: 'timeout' })
    }
    throw new Error('the connection does not come to rest')
  }

  /** All octets of one stream that one end got. */
  dataOf(side: Side, streamId: bigint): Uint8Array {
    return Buffer.concat(
      this.events[side].flatMap((event) =>
        event.kind === 'data' && event.streamId === streamId ? [event.data] : [],
      ),
    )
  }

  /** Events of one kind. */
  of<K extends ConnectionEvent['kind']>(side: Side, kind: K): Extract<ConnectionEvent, { kind: K }>[] {
    return this.events[side].filter(
      (event): event is Extract<ConnectionEvent, { kind: K }> => event.kind === kind,
    )
  }

  #drain(side: Side): void {
    const end = this.ends[side]
    for (let output = end.poll(); output !== undefined; output = end.poll()) {
      if (output.kind === 'prepare') this.#carry(side, output.id, output.prepare)
      else if (output.kind !== 'reply') {
        this.events[side].push(output)
        for (const listener of this.#listeners) listener(side, output)
      }
    }
  }

  #carry(from: Side, id: number, prepare: Prepare): void {
    const index = this.prepares[from].push(prepare) - 1
    const back = (reply: Reply): void =>
      this.#later(() => {
        if (reply.type === PacketType.Fulfill) this.charged[from] += prepare.amount
        this.hand(from, { kind: 'reply', id, reply })
      })
    if (this.#isLost()) return back(LOST)
    this.#later(() => {
      const seen = this.#options.tamper?.(prepare, from, index) ?? prepare
      const reply = this.#deliver(from, seen)
      for (let copy = this.#options.copies?.(index) ?? 1; copy > 1; copy--) {
        this.#later(() => void this.#deliver(from, seen))
      }
      back(this.#options.tamperReply?.(reply, from, index) ?? reply)
    })
  }

  #deliver(from: Side, prepare: Prepare): Reply {
    const to = from === 'client' ? 'server' : 'client'
    const { rate = ONE } = this.#options
    const inverse = { numerator: rate.denominator, denominator: rate.numerator }
    const amount = mulFloor(prepare.amount, from === 'client' ? rate : inverse)
    const end = this.ends[to]
    let reply: Reply | undefined
    end.handle({ kind: 'prepare', id: -1, prepare: { ...prepare, amount } }, this.now)
    for (let output = end.poll(); output !== undefined; output = end.poll()) {
      if (output.kind === 'reply') ({ reply } = output)
      else if (output.kind === 'prepare') this.#carry(to, output.id, output.prepare)
      else {
        this.events[to].push(output)
        for (const listener of this.#listeners) this.#later(() => listener(to, output), 0)
      }
    }
    if (reply === undefined) throw new Error('no reply')
    if (reply.type === PacketType.Fulfill) this.paid[to] += amount
    return reply
  }

  #isLost(): boolean {
    return (this.#rng.bytes(1)[0]! * 1000) / 256 < (this.#options.lossPerMille ?? 0)
  }

  #later(act: () => void, ms?: number): void {
    const { delayMs = 10 } = this.#options
    const jitter = (this.#rng.bytes(1)[0]! * delayMs) / 256
    this.#events.push({ at: this.now + (ms ?? delayMs + jitter), order: this.#order++, act })
    this.#events.sort((a, b) => a.at - b.at || a.order - b.order)
  }
}

const LOST: Reply = {
  type: PacketType.Reject,
  code: ErrorCode.T00_INTERNAL_ERROR,
  triggeredBy: 'test.hop' as Address,
  message: '',
  data: new Uint8Array(0),
}
