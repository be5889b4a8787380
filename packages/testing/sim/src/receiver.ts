/** The receiving end of one wallet, as `apps/wallet` drives it: STREAM's server, and what it has brought. Testing. */
import {
  type Address,
  ErrorCode,
  PacketType,
  type Prepare,
  decodePrepare,
  encodeReject,
  encodeReply,
} from '@hourglass/ilp'
import { DecodeError, type Instant, type Rng } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { type AssetDetails, type Credentials, StreamServer } from '@hourglass/stream'
import { check } from './violation.ts'

/** Outlives the wallet's process, as what its owner was told does. */
export class Receiver {
  readonly #name: string
  readonly #asset: AssetDetails
  readonly #serverSecret: Uint8Array
  #server: StreamServer | undefined
  /** Fulfilled, in all. */
  total = 0n
  /** What each connection has brought, by its address. */
  readonly earned = new Map<string, bigint>()
  readonly #fulfillments = new Map<string, Uint8Array>()

  constructor(name: string, asset: AssetDetails, serverSecret: Uint8Array) {
    this.#name = name
    this.#asset = asset
    this.#serverSecret = serverSecret
  }

  /** Whether it receives. */
  get isOpen(): boolean {
    return this.#server !== undefined
  }

  /** A process knows its address. */
  open(address: Address, rng: Rng): void {
    this.#server = new StreamServer({
      crypto: nodeCrypto,
      rng,
      serverSecret: this.#serverSecret,
      address,
      ...this.#asset,
    })
  }

  /** The process is gone, and the server's totals with it. */
  close(): void {
    this.#server = undefined
  }

  /** For a payer; undefined while it is not open. */
  credentials(): Credentials | undefined {
    return this.#server?.credentials()
  }

  /** What fulfills that condition, where this wallet has said so. */
  fulfillmentOf(executionCondition: Uint8Array): Uint8Array | undefined {
    return this.#fulfillments.get(nameOf(executionCondition))
  }

  /** The reply to a packet; undefined where it is none. */
  answer(body: Uint8Array, now: Instant): Uint8Array | undefined {
    const prepare = readPrepare(body)
    if (prepare === undefined) return undefined
    if (this.#server === undefined) return UNREACHABLE
    return this.#receive(this.#server, prepare, now)
  }

  #receive(server: StreamServer, prepare: Prepare, now: Instant): Uint8Array | undefined {
    server.handle({ kind: 'prepare', id: 1, prepare }, now)
    let money = 0n
    for (let output = server.poll(); output !== undefined; output = server.poll()) {
      if (output.kind === 'money') money += output.amount
      if (output.kind !== 'reply') continue
      const { reply } = output
      const owed = reply.type === PacketType.Fulfill ? prepare.amount : 0n
      check(money === owed, 'money-once', [this.#name], () => `counted ${money}, fulfilled ${owed}`)
      if (reply.type === PacketType.Fulfill) this.#count(prepare, reply.fulfillment)
      return encodeReply(reply)
    }
    return undefined
  }

  #count({ destination, amount, executionCondition }: Prepare, fulfillment: Uint8Array): void {
    this.total += amount
    this.earned.set(destination, (this.earned.get(destination) ?? 0n) + amount)
    this.#fulfillments.set(nameOf(executionCondition), fulfillment)
  }
}

const UNREACHABLE = encodeReject({
  code: ErrorCode.F02_UNREACHABLE,
  triggeredBy: '',
  message: '',
  data: new Uint8Array(0),
})

function nameOf(executionCondition: Uint8Array): string {
  return Buffer.from(executionCondition).toString('hex')
}

function readPrepare(body: Uint8Array): Prepare | undefined {
  try {
    return decodePrepare(body)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
