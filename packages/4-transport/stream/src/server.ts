/**
 * The receiving end of STREAM connections: any number of them behind one address. Layer 4.
 * Spec: IL-RFC 29 §4.2, §5.2, §6.3.
 *
 *   Prepare → token → secret → open → frames → condition, minimum, shares → Fulfill or Reject, both with a reply
 *
 * Secrets are derived from the token in the address, so nothing is kept for a connection until a packet of it
 * has opened (STR-121), and any process with the server's secret can answer.
 */
import { type Address, ErrorCode, PacketType, type Prepare, type Reply, appendSegments } from '@hourglass/ilp'
import { UINT64_MAX, encodeBase64Url, encodeUtf8 } from '@hourglass/oer'
import {
  type Crypto,
  DecodeError,
  type Hmac,
  type Instant,
  type Machine,
  Queue,
  type Rng,
  type TimeoutInput,
  equalBytes,
} from '@hourglass/sansio'
import type { AssetDetails, Credentials } from './credentials.ts'
import { StreamErrorCode } from './error-code.ts'
import { ConnectionKeys, secretOfToken } from './keys.ts'
import { type Frame, type StreamPacket, decodeStreamPacket, encodeStreamPacket } from './wire/packet.ts'
import type { StreamMoney } from './wire/stream-frames.ts'

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
/** STR-05 */
const TOKEN_BYTES = 18
/** STR-55: ids of the payer's streams are odd, up to this one. */
const STREAM_ID_MAX = 20n

interface Connection {
  readonly token: string
  readonly keys: ConnectionKeys
  usedAt: Instant
  total: bigint
  /** Per stream, for StreamMaxMoney. */
  readonly totals: Map<bigint, bigint>
  isClosed: boolean
}

export class StreamServer implements Machine<StreamServerInput, StreamServerOutput> {
  readonly #options: StreamServerOptions
  readonly #secretOf: Hmac
  readonly #prefix: string
  /** Least recently used first. */
  readonly #connections = new Map<string, Connection>()
  readonly #outputs = new Queue<StreamServerOutput>()

  constructor(options: StreamServerOptions) {
    this.#options = options
    this.#secretOf = secretOfToken(options.crypto, options.serverSecret)
    this.#prefix = `${options.address}.`
  }

  /** A fresh address and secret for one payer. */
  credentials(): Credentials {
    const token = encodeBase64Url(this.#options.rng.bytes(TOKEN_BYTES))
    return {
      destination: appendSegments(this.#options.address, token),
      sharedSecret: this.#secretOf(encodeUtf8(token)),
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
    const packet = open(connection.keys, prepare.data)
    // STR-29, X-STR3, X-STR5
    if (packet === undefined) return this.#reject(ErrorCode.F06_UNEXPECTED_PAYMENT)
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

  #newConnection(token: string, now: Instant): Connection {
    const keys = new ConnectionKeys(this.#options.crypto, this.#secretOf(encodeUtf8(token)))
    return { token, keys, usedAt: now, total: 0n, totals: new Map(), isClosed: false }
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
    const violation = violationOf(packet)
    if (violation !== undefined || connection.isClosed) {
      connection.isClosed = true
      const code = violation ?? StreamErrorCode.StreamStateError
      return this.#sealed(connection, packet, prepare, closing(code))
    }
    const shares = moneySharesOf(packet)
    const fulfillment = connection.keys.fulfillment(prepare.data)
    const isFulfillable =
      equalBytes(connection.keys.condition(fulfillment), prepare.executionCondition) && // STR-34
      prepare.amount >= packet.prepareAmount && // STR-85
      (prepare.amount === 0n || shares.sum > 0n) // STR-62, STR-63: money that no stream takes goes back.
    if (isFulfillable) this.#credit(connection, prepare.amount, shares.frames, shares.sum)
    const frames = this.#replyFrames(connection, packet)
    if (packet.frames.some(({ type }) => type === 0x01)) {
      connection.isClosed = true
      this.#outputs.push({ kind: 'closed', connection: connection.token, total: connection.total })
    }
    return isFulfillable
      ? this.#fulfilled({ connection, packet, prepare, fulfillment, frames })
      : this.#sealed(connection, packet, prepare, frames)
  }

  /** STR-60: each stream gets its share, rounded down; STR-61, X-STR4: the rest goes to the lowest. */
  #credit(connection: Connection, amount: bigint, money: readonly StreamMoney[], sum: bigint): void {
    if (amount === 0n) return
    const { token, totals } = connection
    let left = amount
    for (const { streamId, shares } of money) {
      const part = (amount * shares) / sum
      left -= part
      totals.set(streamId, (totals.get(streamId) ?? 0n) + part)
    }
    const lowest = money.reduce((low, { streamId }) => (streamId < low ? streamId : low), STREAM_ID_MAX)
    totals.set(lowest, (totals.get(lowest) ?? 0n) + left)
    connection.total += amount
    this.#outputs.push({ kind: 'money', connection: token, amount, total: connection.total })
  }

  /** STR-45, STR-51: asset details for whoever says an address; STR-66: only what was fulfilled counts. */
  #replyFrames({ totals }: Connection, { frames }: StreamPacket): Frame[] {
    const { assetCode, assetScale } = this.#options
    const reply: Frame[] = []
    for (const frame of frames) {
      if (frame.type === 0x02) {
        reply.push({ type: 0x07, assetCode, assetScale }, { type: 0x03, maxOffset: 0n })
      }
      if (frame.type === 0x11) {
        const { streamId } = frame
        const totalReceived = totals.get(streamId) ?? 0n
        reply.push({ type: 0x12, streamId, receiveMax: UINT64_MAX, totalReceived })
      }
    }
    return reply
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

/** What a payer must not do, as the code that closes the connection. */
function violationOf({ frames }: StreamPacket): number | undefined {
  for (const frame of frames) {
    if (!('streamId' in frame)) continue
    if (frame.streamId % 2n === 0n) return StreamErrorCode.ProtocolViolation // STR-53
    if (frame.streamId > STREAM_ID_MAX) return StreamErrorCode.StreamIdError // STR-56
    // STR-70: this server takes money alone and announces a data limit of 0.
    if (frame.type === 0x14 && frame.data.length > 0) return StreamErrorCode.FlowControlError
  }
  return undefined
}

function moneySharesOf({ frames }: StreamPacket): { frames: StreamMoney[]; sum: bigint } {
  const money = frames.filter((frame): frame is StreamMoney => frame.type === 0x11)
  return { frames: money, sum: money.reduce((sum, { shares }) => sum + shares, 0n) }
}
