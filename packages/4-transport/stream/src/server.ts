/**
 * The receiving end of STREAM connections: any number of them behind one address. Layer 4.
 * Spec: IL-RFC 29 §4.2, §5.2, §6.3.
 *
 *   Prepare → token → secret → open → frames → condition, minimum, shares → Fulfill or Reject, both with a reply
 *
 * The token in the address holds all that is needed to begin, so nothing is kept for a connection until a packet of
 * it has opened (STR-121), and any process with the server's secret can answer.
 */
import { type Address, ErrorCode, PacketType, type Prepare, type Reply, appendSegments } from '@hourglass/ilp'
import {
  type Crypto,
  DecodeError,
  type Instant,
  type Machine,
  Queue,
  type Rng,
  type TimeoutInput,
  equalBytes,
} from '@hourglass/sansio'
import type { AssetDetails, Credentials } from './credentials.ts'
import { StreamErrorCode } from './error-code.ts'
import { ConnectionKeys } from './keys.ts'
import { Received, closes, replyFrames, violationOf } from './receiving.ts'
import { Tokens } from './token.ts'
import { type Frame, type StreamPacket, decodeStreamPacket, encodeStreamPacket } from './wire/packet.ts'

export interface StreamServerOptions extends AssetDetails {
  readonly crypto: Crypto
  readonly rng: Rng
  /** 32 random octets that outlive the process: whoever has them can answer for all tokens. */
  readonly serverSecret: Uint8Array
  /** Where packets for this server arrive; each connection's address is below it. */
  readonly address: Address
}

export type StreamServerInput =
  | { readonly kind: 'prepare'; readonly id: number; readonly prepare: Prepare }
  | TimeoutInput

export type StreamServerOutput =
  /** Money came in; the reply that fulfills it follows. `connection` is the token; `total` counts all of it. */
  | {
      readonly kind: 'money'
      readonly connection: string
      readonly amount: bigint
      readonly total: bigint
    }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  /** The payer has closed the connection. */
  | { readonly kind: 'closed'; readonly connection: string; readonly total: bigint }

/** Connections that are kept at once; the longest idle one makes room where it has been idle long enough. */
export const CONNECTIONS_MAX = 10_000
/** STR-114: a connection without packets for that long is forgotten; its totals begin anew. */
export const CONNECTION_IDLE_MS = 600_000

interface Connection {
  readonly token: string
  readonly keys: ConnectionKeys
  readonly received: Received
  usedAt: Instant
  isNew: boolean
  isClosed: boolean
}

export class StreamServer implements Machine<StreamServerInput, StreamServerOutput> {
  readonly #options: StreamServerOptions
  readonly #tokens: Tokens
  readonly #prefix: string
  /** Least recently used first. */
  readonly #connections = new Map<string, Connection>()
  readonly #outputs = new Queue<StreamServerOutput>()

  constructor(options: StreamServerOptions) {
    this.#options = options
    this.#tokens = new Tokens(options.crypto, options.rng, options.serverSecret)
    this.#prefix = `${options.address}.`
  }

  /**
   * A fresh address and secret for one payer, who can pay `receiveMax` base units in all, if it is given. The total
   * is kept by this process, and begins anew when the connection was forgotten.
   */
  credentials({ receiveMax }: { readonly receiveMax?: bigint } = {}): Credentials {
    const token = this.#tokens.issue(receiveMax)
    return {
      destination: appendSegments(this.#options.address, token),
      sharedSecret: this.#tokens.secretOf(token),
    }
  }

  handle(input: StreamServerInput, now: Instant): void {
    if (input.kind === 'prepare') {
      const reply = this.#answer(input.prepare, now)
      this.#outputs.push({ kind: 'reply', id: input.id, reply })
    } else {
      this.#forgetIdle(now)
    }
  }

  poll(): StreamServerOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    const oldest = this.#connections.values().next().value
    return oldest === undefined ? undefined : oldest.usedAt + CONNECTION_IDLE_MS
  }

  #answer(prepare: Prepare, now: Instant): Reply {
    const token = this.#tokenOf(prepare.destination)
    if (token === undefined) return this.#reject(ErrorCode.F02_UNREACHABLE)
    const connection = this.#connections.get(token) ?? this.#newConnection(token, now)
    const packet = connection && open(connection.keys, prepare.data)
    // STR-29, X-STR3, X-STR5
    if (connection === undefined || packet === undefined) {
      return this.#reject(ErrorCode.F06_UNEXPECTED_PAYMENT)
    }
    // STR-116: too late to be of use to whoever sent it on.
    if (prepare.expiresAt <= now) return this.#reject(ErrorCode.R00_TRANSFER_TIMED_OUT)
    if (!this.#keep(connection, now)) {
      return this.#sealed(connection, packet, prepare, closing(StreamErrorCode.EndpointBusy))
    }
    return this.#receive(connection, packet, prepare)
  }

  /** The segment after our address. */
  #tokenOf(destination: Address): string | undefined {
    if (!destination.startsWith(this.#prefix)) return undefined
    const rest = destination.slice(this.#prefix.length)
    const end = rest.indexOf('.')
    return end < 0 ? rest : rest.slice(0, end)
  }

  /** Undefined where the token is not of this server: that is found out before any key is made (STR-120). */
  #newConnection(token: string, now: Instant): Connection | undefined {
    const receiveMax = this.#tokens.receiveMaxOf(token)
    if (receiveMax === undefined) return undefined
    const keys = new ConnectionKeys(this.#options.crypto, this.#tokens.secretOf(token))
    return { token, keys, received: new Received(receiveMax), usedAt: now, isNew: true, isClosed: false }
  }

  /** Keeps the connection as the one used last; false where there is no room for it. */
  #keep(connection: Connection, now: Instant): boolean {
    if (!this.#connections.delete(connection.token) && this.#connections.size >= CONNECTIONS_MAX) {
      this.#forgetIdle(now)
      if (this.#connections.size >= CONNECTIONS_MAX) return false
    }
    connection.usedAt = now
    this.#connections.set(connection.token, connection)
    return true
  }

  #forgetIdle(now: Instant): void {
    for (const [token, { usedAt }] of this.#connections) {
      if (usedAt + CONNECTION_IDLE_MS > now) return
      this.#connections.delete(token)
    }
  }

  #receive(connection: Connection, packet: StreamPacket, prepare: Prepare): Reply {
    const { keys, received, token } = connection
    const violation = violationOf(packet)
    if (violation !== undefined || connection.isClosed) {
      connection.isClosed = true
      const code = violation ?? StreamErrorCode.StreamStateError
      return this.#sealed(connection, packet, prepare, closing(code))
    }
    const { amount, data, executionCondition } = prepare
    const fulfillment = keys.fulfillment(data)
    const isFulfillable =
      equalBytes(keys.condition(fulfillment), executionCondition) && // STR-34
      amount >= packet.prepareAmount && // STR-85
      received.takes(amount, packet)
    if (isFulfillable && amount > 0n) {
      received.credit(amount, packet)
      this.#outputs.push({ kind: 'money', connection: token, amount, total: received.total })
    }
    const frames = replyFrames(packet, received, this.#options, connection.isNew)
    connection.isNew = false
    if (closes(packet)) {
      connection.isClosed = true
      this.#outputs.push({ kind: 'closed', connection: token, total: received.total })
    }
    return isFulfillable
      ? this.#fulfilled({ connection, packet, prepare, fulfillment, frames })
      : this.#sealed(connection, packet, prepare, frames)
  }

  #fulfilled(parts: {
    connection: Connection
    packet: StreamPacket
    prepare: Prepare
    fulfillment: Uint8Array
    frames: readonly Frame[]
  }): Reply {
    const { connection, packet, prepare, fulfillment, frames } = parts
    const reply: StreamPacket = {
      type: PacketType.Fulfill,
      sequence: packet.sequence, // STR-14
      prepareAmount: prepare.amount, // STR-19
      frames,
    }
    const data = connection.keys.seal(encodeStreamPacket(reply), this.#options.rng)
    return { type: PacketType.Fulfill, fulfillment, data }
  }

  /** A final rejection that only the payer can read (STR-35). */
  #sealed({ keys }: Connection, packet: StreamPacket, prepare: Prepare, frames: readonly Frame[]): Reply {
    const { sequence } = packet
    const reply: StreamPacket = {
      type: PacketType.Reject,
      sequence,
      prepareAmount: prepare.amount,
      frames,
    }
    return this.#reject(
      ErrorCode.F99_APPLICATION_ERROR,
      keys.seal(encodeStreamPacket(reply), this.#options.rng),
    )
  }

  /** STR-119: the message says nothing. */
  #reject(code: (typeof ErrorCode)[keyof typeof ErrorCode], data: Uint8Array = NOTHING): Reply {
    return { type: PacketType.Reject, code, triggeredBy: this.#options.address, message: '', data }
  }
}

const NOTHING = new Uint8Array(0)

/** Undefined where the envelope is not of this connection, or holds no packet. */
function open(keys: ConnectionKeys, data: Uint8Array): StreamPacket | undefined {
  const plaintext = keys.open(data)
  if (plaintext === undefined) return undefined
  try {
    const packet = decodeStreamPacket(plaintext)
    return packet.type === PacketType.Prepare ? packet : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function closing(code: number): Frame[] {
  return [{ type: 0x01, code, message: '' }]
}
