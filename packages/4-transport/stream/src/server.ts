/**
 * STREAM connections, any number of them behind one address. Layer 4. Spec: IL-RFC 29 §4.2.
 *
 *   Prepare → token → secret → open → the connection's own machine
 *
 * The token in the address holds all that is needed to begin, so nothing is kept for a connection until a packet of
 * it has opened (STR-121), and any process with the server's secret can answer.
 */
import { type Address, ErrorCode, PacketType, type Prepare, type Reply, appendSegments } from '@hourglass/ilp'
import {
  type Crypto,
  type Instant,
  type Machine,
  Queue,
  type Rng,
  type TimeoutInput,
} from '@hourglass/sansio'
import { StreamConnection } from './connection/connection.ts'
import type {
  ConnectionCommand,
  ConnectionEvent,
  ConnectionInput,
  ConnectionOutput,
  MoneyOffer,
  Verdict,
} from './connection/face.ts'
import type { AssetDetails, Credentials } from './credentials.ts'
import { StreamErrorCode } from './error-code.ts'
import { Recency, type Used } from './recency.ts'
import { Timers, type Waiting } from './timers.ts'
import { type TokenContents, Tokens } from './token.ts'

export interface StreamServerOptions extends AssetDetails {
  readonly crypto: Crypto
  readonly rng: Rng
  /** 32 random octets that outlive the process: whoever has them can answer for all tokens. */
  readonly serverSecret: Uint8Array
  /** Where packets for this server arrive; each connection's address is below it. */
  readonly address: Address
  /** Sends packets of its own, and takes data. Default false: all that is told of is money and its end. */
  readonly isTwoWay?: boolean
  /** What a stream takes before `receive` says otherwise; default: any amount. */
  readonly streamReceiveMax?: bigint
  /** Connections that are kept at once; those that have been idle for long make room. */
  readonly connectionsMax?: number
  /** Asked of each packet with money that could be taken, before it is: the application's last word (STR-117). */
  readonly judge?: (offer: MoneyOffer & OfConnection) => Verdict
}

/** For the application: the connection that it is about is named by its token. */
export interface OfConnection {
  readonly connection: string
  /** What the application put into the token (STR-123). */
  readonly connectionTag?: string
}

export type StreamServerInput =
  | { readonly kind: 'prepare'; readonly id: number; readonly prepare: Prepare }
  /** Answers to prepares of its own. */
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  | { readonly kind: 'failed'; readonly id: number; readonly isLost: boolean }
  | { readonly kind: 'command'; readonly connection: string; readonly command: ConnectionCommand }
  /** Takes no packets any more: they are rejected for now, as another process may take them (STR-118). */
  | { readonly kind: 'drain' }
  | TimeoutInput

export type StreamServerOutput =
  | (ConnectionEvent & OfConnection)
  | { readonly kind: 'prepare'; readonly id: number; readonly prepare: Prepare }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }

/** Connections that are kept at once, where nobody says otherwise. */
export const CONNECTIONS_MAX = 10_000
/** STR-114: a connection without packets for that long is forgotten; its totals begin anew. */
export const CONNECTION_IDLE_MS = 600_000

interface Kept extends Waiting, Used<Kept> {
  readonly name: OfConnection
  readonly machine: StreamConnection
  usedAt: Instant
}

export class StreamServer implements Machine<StreamServerInput, StreamServerOutput> {
  readonly #options: StreamServerOptions
  readonly #tokens: Tokens
  readonly #prefix: string
  readonly #connections = new Map<string, Kept>()
  readonly #recency = new Recency<Kept>()
  /** Whose packets are on their way. */
  readonly #sent = new Map<number, Kept>()
  /** Tokens of connections that both ends are done with, and since when. All else is let go. */
  readonly #closed = new Map<string, Instant>()
  /** The same tokens, and those that are forgotten already: closed first, first. */
  readonly #burials = new Queue<string>()
  /** Connections with a timer of their own. */
  readonly #timers = new Timers<Kept>()
  readonly #outputs = new Queue<StreamServerOutput>()
  #lastId = 0
  #isDraining = false

  constructor(options: StreamServerOptions) {
    this.#options = options
    this.#tokens = new Tokens(options.crypto, options.rng, options.serverSecret)
    this.#prefix = `${options.address}.`
  }

  /**
   * A fresh address and secret for one payer. Its total is kept by this process, and begins anew when the connection
   * was forgotten.
   */
  credentials(contents: TokenContents = {}): Credentials {
    const token = this.#tokens.issue(contents)
    return { destination: this.#addressOf(token), sharedSecret: this.#tokens.secretOf(token) }
  }

  /** Opens a stream to whoever is at the other end; undefined where that is not possible now. */
  open(connection: string): bigint | undefined {
    return this.#connections.get(connection)?.machine.open()
  }

  /** Octets that may be written to a stream now. */
  writable(connection: string, streamId: bigint): number {
    return this.#connections.get(connection)?.machine.writable(streamId) ?? 0
  }

  handle(input: StreamServerInput, now: Instant): void {
    switch (input.kind) {
      case 'prepare':
        this.#handlePrepare(input.id, input.prepare, now)
        break
      case 'reply':
      case 'failed':
        this.#handleAnswer(input, now)
        break
      case 'command':
        this.#hand(this.#connections.get(input.connection), input.command, now)
        break
      case 'drain':
        this.#isDraining = true
        break
      case 'timeout':
        for (const kept of this.#timers.takeDue(now)) this.#hand(kept, input, now)
        this.#forgetIdle(now)
        break
    }
  }

  poll(): StreamServerOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    const { oldest } = this.#recency
    const { next } = this.#timers
    if (oldest === undefined) return next
    const idleAt = oldest.usedAt + CONNECTION_IDLE_MS
    return next === undefined || idleAt < next ? idleAt : next
  }

  #handlePrepare(id: number, prepare: Prepare, now: Instant): void {
    const token = this.#tokenOf(prepare.destination)
    if (token === undefined) return this.#reject(id, ErrorCode.F02_UNREACHABLE)
    if (this.#isDraining) return this.#reject(id, ErrorCode.T99_APPLICATION_ERROR)
    if (this.#isClosed(token, now)) return this.#reject(id, ErrorCode.F99_APPLICATION_ERROR) // STR-76
    const kept = this.#connections.get(token) ?? this.#newConnection(token, now)
    const packet = kept?.machine.openPacket(prepare)
    // STR-29, X-STR3, X-STR5
    if (kept === undefined || packet === undefined) return this.#reject(id, ErrorCode.F06_UNEXPECTED_PAYMENT)
    if (!this.#keep(token, kept, now)) kept.machine.handle({ kind: 'close', ...BUSY }, now)
    kept.machine.receive(id, prepare, packet, now)
    this.#drain(kept, now)
  }

  /** The answer to a packet that one of the connections has sent. */
  #handleAnswer(input: Extract<StreamServerInput, { kind: 'reply' | 'failed' }>, now: Instant): void {
    const kept = this.#sent.get(input.id)
    this.#sent.delete(input.id)
    this.#hand(kept, input, now)
  }

  #hand(kept: Kept | undefined, input: ConnectionInput, now: Instant): void {
    if (kept === undefined) return
    kept.machine.handle(input, now)
    this.#drain(kept, now)
  }

  #drain(kept: Kept, now: Instant): void {
    const { machine } = kept
    for (let output = machine.poll(); output !== undefined; output = machine.poll()) {
      if (output.kind === 'closed' && isGoodbye(output)) this.#bury(kept, now)
      this.#tell(kept, output)
    }
    this.#timers.set(kept, machine.nextTimeout())
  }

  #tell(kept: Kept, output: ConnectionOutput): void {
    if (output.kind === 'reply') this.#outputs.push(output)
    else if (output.kind === 'prepare') {
      this.#sent.set(output.id, kept)
      this.#outputs.push(output)
    } else if (this.#options.isTwoWay === true || output.kind === 'money' || output.kind === 'closed') {
      this.#outputs.push({ ...output, ...kept.name })
    }
  }

  /** Keeps of a connection no more than that it is over, so that a late packet does not begin it anew. */
  #bury(kept: Kept, now: Instant): void {
    const { connection } = kept.name
    if (!this.#connections.delete(connection)) return
    this.#recency.remove(kept)
    this.#closed.set(connection, now)
    this.#burials.push(connection)
    if (this.#burials.size > this.#connectionsMax) this.#closed.delete(this.#burials.shift()!)
  }

  #isClosed(token: string, now: Instant): boolean {
    const closedAt = this.#closed.get(token)
    if (closedAt === undefined) return false
    if (now < closedAt + CONNECTION_IDLE_MS) return true
    this.#closed.delete(token)
    return false
  }

  #addressOf(token: string): Address {
    return appendSegments(this.#options.address, token)
  }

  /** The segment after our address. */
  #tokenOf(destination: Address): string | undefined {
    if (!destination.startsWith(this.#prefix)) return undefined
    const rest = destination.slice(this.#prefix.length)
    const end = rest.indexOf('.')
    return end < 0 ? rest : rest.slice(0, end)
  }

  /** Undefined where the token is not of this server: that is found out before any key is made (STR-120). */
  #newConnection(token: string, now: Instant): Kept | undefined {
    const contents = this.#tokens.open(token)
    if (contents === undefined) return undefined
    const { receiveMax, receipts, connectionTag } = contents
    const { isTwoWay = false, judge, ...options } = this.#options
    const name = { connection: token, ...(connectionTag && { connectionTag }) }
    const machine = new StreamConnection({
      ...options,
      role: 'server',
      address: this.#addressOf(token),
      sharedSecret: this.#tokens.secretOf(token),
      receiveMax,
      nextId: this.#nextId,
      ...(!isTwoWay && { isReplyOnly: true, dataWindowBytes: 0 }),
      ...(receipts && { receipts }),
      ...(judge && { judge: (offer: MoneyOffer) => judge({ ...offer, ...name }) }),
    })
    return { name, machine, usedAt: now, wakesAt: undefined, slot: 0, older: undefined, newer: undefined }
  }

  readonly #nextId = (): number => ++this.#lastId

  /** Keeps the connection as the one used last; false where there is no room for it. */
  #keep(token: string, kept: Kept, now: Instant): boolean {
    if (!this.#connections.has(token)) {
      if (!this.#hasRoom(now)) return false
      this.#connections.set(token, kept)
    }
    kept.usedAt = now
    this.#recency.use(kept)
    return true
  }

  #hasRoom(now: Instant): boolean {
    if (this.#connections.size >= this.#connectionsMax) this.#forgetIdle(now)
    return this.#connections.size < this.#connectionsMax
  }

  get #connectionsMax(): number {
    return this.#options.connectionsMax ?? CONNECTIONS_MAX
  }

  #forgetIdle(now: Instant): void {
    for (let { oldest } = this.#recency; oldest !== undefined; { oldest } = this.#recency) {
      if (oldest.usedAt + CONNECTION_IDLE_MS > now) return
      this.#connections.delete(oldest.name.connection)
      this.#recency.remove(oldest)
      this.#timers.set(oldest, undefined)
    }
  }

  /** STR-119: the message says nothing. */
  #reject(id: number, code: string): void {
    const triggeredBy = this.#options.address
    const reply: Reply = { type: PacketType.Reject, code, triggeredBy, message: '', data: NOTHING }
    this.#outputs.push({ kind: 'reply', id, reply })
  }
}

const NOTHING = new Uint8Array(0)
const BUSY = { code: StreamErrorCode.EndpointBusy, message: '' }

/** Whether both ends are done with a connection; where this one has given up, the other has to be told so. */
function isGoodbye({ code, isByPeer }: Extract<ConnectionOutput, { kind: 'closed' }>): boolean {
  return isByPeer || code === StreamErrorCode.NoError
}
