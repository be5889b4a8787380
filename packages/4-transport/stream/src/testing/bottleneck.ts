/**
 * Payments that compete for one hop, in virtual time. Testing. The hop has so much liquidity, or lets so many packets
 * a second pass; all senders have the same way to it, and none of them knows of the others.
 */
import {
  type Address,
  ErrorCode,
  PacketType,
  type Prepare,
  type Reply,
  encodeAmountTooLarge,
} from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { StreamSender } from '../sender.ts'
import { StreamServer } from '../server.ts'
import { seededRng } from './seeded-rng.ts'

export interface BottleneckOptions {
  readonly connections: number
  /** What may be unanswered, of all connections together. */
  readonly liquidity?: bigint
  /** A bucket of a tenth as many. */
  readonly packetsPerSecond?: number
  readonly packetAmountMax: bigint
  /** Both ways together; each packet takes up to a tenth longer. */
  readonly roundTripMs: number
  readonly ms: number
  readonly seed: number
}

export interface BottleneckResult {
  /** Fulfilled for each connection. */
  readonly sent: readonly bigint[]
  /** Part of the hop's packets or liquidity that was used, 0 … 1. */
  readonly use: number
}

interface Event {
  readonly at: Instant
  readonly act: () => void
}

/** More than any of them can send. */
const AMOUNT = 10n ** 15n
const START = 1_700_000_000_000

export function runBottleneck(options: BottleneckOptions): BottleneckResult {
  return new Bottleneck(options).run()
}

class Bottleneck {
  readonly #options: BottleneckOptions
  readonly #server: StreamServer
  readonly #senders: readonly StreamSender[]
  readonly #sent: bigint[]
  readonly #rng
  #events: Event[] = []
  #now: Instant = START
  #held = 0n
  #heldTime = 0
  #tokens: number
  #filledAt: Instant = START

  constructor(options: BottleneckOptions) {
    const rng = seededRng(options.seed)
    const common = { crypto: nodeCrypto, rng }
    const address = 'test.receiver' as Address
    const serverSecret = new Uint8Array(32).fill(3)
    this.#options = options
    this.#rng = rng
    this.#tokens = (options.packetsPerSecond ?? 0) / 10
    this.#server = new StreamServer({ ...common, serverSecret, address, assetCode: 'EUR', assetScale: 4 })
    this.#senders = Array.from({ length: options.connections }, () => {
      const credentials = this.#server.credentials()
      return new StreamSender({ ...common, credentials, amount: { send: AMOUNT } })
    })
    this.#sent = this.#senders.map(() => 0n)
  }

  run(): BottleneckResult {
    const { ms, liquidity, packetsPerSecond, packetAmountMax } = this.#options
    for (const index of this.#senders.keys()) this.#hand(index, { kind: 'start' })
    for (const end = START + ms; this.#now < end;) this.#step()
    const total = this.#sent.reduce((sum, sent) => sum + sent, 0n)
    const use =
      liquidity === undefined
        ? Number(total / packetAmountMax) / ((packetsPerSecond! * ms) / 1000)
        : this.#heldTime / (Number(liquidity) * ms)
    return { sent: this.#sent, use }
  }

  #step(): void {
    const [event] = this.#events
    const timeouts = this.#senders.map((sender) => sender.nextTimeout() ?? Infinity)
    const timeout = Math.min(...timeouts)
    if (event !== undefined && event.at <= timeout) {
      this.#events.shift()
      this.#advance(event.at)
      return event.act()
    }
    this.#advance(timeout)
    for (const [index, at] of timeouts.entries()) if (at <= this.#now) this.#hand(index, { kind: 'timeout' })
  }

  #advance(at: Instant): void {
    this.#heldTime += Number(this.#held) * (at - this.#now)
    this.#now = at
  }

  #hand(index: number, input: Parameters<StreamSender['handle']>[0]): void {
    const sender = this.#senders[index]!
    sender.handle(input, this.#now)
    for (let output = sender.poll(); output !== undefined; output = sender.poll()) {
      if (output.kind === 'quoted') this.#later(0, () => this.#hand(index, { kind: 'pay' }))
      else if (output.kind === 'prepare') this.#carry(index, output.id, output.prepare)
    }
  }

  #carry(index: number, id: number, prepare: Prepare): void {
    const { roundTripMs } = this.#options
    const ms = roundTripMs * (1 + this.#rng.bytes(1)[0]! / 2560)
    const answer = (reply: Reply): void =>
      this.#later(ms / 2, () => this.#hand(index, { kind: 'reply', id, reply }))
    // The hop is at the sender's end; what it lets pass is held until the receiver's answer is back.
    this.#later(0, () => {
      const refusal = this.#refuse(prepare)
      if (refusal !== undefined) return answer(refusal)
      this.#held += prepare.amount
      this.#later(ms, () => {
        this.#held -= prepare.amount
        const reply = this.#receive(prepare, id)
        if (reply.type === PacketType.Fulfill) this.#sent[index]! += prepare.amount
        this.#hand(index, { kind: 'reply', id, reply })
      })
    })
  }

  #refuse({ amount }: Prepare): Reply | undefined {
    const { packetAmountMax, liquidity, packetsPerSecond } = this.#options
    if (amount > packetAmountMax) {
      const hint = encodeAmountTooLarge({ receivedAmount: amount, maximumAmount: packetAmountMax })
      return reject(ErrorCode.F08_AMOUNT_TOO_LARGE, hint)
    }
    if (liquidity !== undefined && this.#held + amount > liquidity) {
      return reject(ErrorCode.T04_INSUFFICIENT_LIQUIDITY)
    }
    if (packetsPerSecond === undefined) return undefined
    const filled = this.#tokens + ((this.#now - this.#filledAt) * packetsPerSecond) / 1000
    this.#tokens = Math.min(filled, packetsPerSecond / 10)
    this.#filledAt = this.#now
    if (this.#tokens < 1) return reject(ErrorCode.T05_RATE_LIMITED)
    this.#tokens--
    return undefined
  }

  #receive(prepare: Prepare, id: number): Reply {
    const server = this.#server
    server.handle({ kind: 'prepare', id, prepare }, this.#now)
    let reply: Reply | undefined
    for (let output = server.poll(); output !== undefined; output = server.poll()) {
      if (output.kind === 'reply') ({ reply } = output)
    }
    return reply!
  }

  #later(ms: number, act: () => void): void {
    const at = this.#now + ms
    let index = this.#events.length
    while (index > 0 && this.#events[index - 1]!.at > at) index--
    this.#events.splice(index, 0, { at, act })
  }
}

function reject(code: string, data: Uint8Array = new Uint8Array(0)): Reply {
  return { type: PacketType.Reject, code, triggeredBy: 'test.hop' as Address, message: '', data }
}
