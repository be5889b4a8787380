/**
 * An open WebSocket that carries frames. Layer 2, io.
 *
 * What is sent in one turn of the event loop leaves in few writes, most often one: with many packets under way that
 * costs a fifth of a write each. So data frames pass by ws, whose sender writes each by itself; all else (handshake,
 * reading, pings, closing) is ws's, and its control frames fall between whole data frames.
 *
 * What waits for a slow peer is bounded, and a peer that answers no ping is given up (BTP-48).
 */
import type { Duplex } from 'node:stream'
import { reasonOf } from '@hourglass/link/io'
import { atTurnEnd } from '@hourglass/sansio/io'
import type { RawData, WebSocket } from 'ws'
import { BUFFERED_BYTES_LIMIT, BUFFERED_BYTES_MAX } from '../limits.ts'
import { encodeMessages, messageBytes } from './binary-messages.ts'
import { LinkError } from './link-error.ts'

export interface SocketEvents {
  /** A binary message; `bytes` are the listener's from now on. */
  frame(bytes: Uint8Array): void
  /** More waits to be sent than should. */
  congested(): void
  /** All that waited is sent. */
  drained(): void
  /** Once, and then nothing any more. The error's message lacks its subject: who is at the other end. */
  closed(error: LinkError): void
}

export interface BatchedSocketOptions {
  /** Which end of the WebSocket this is: a client masks what it sends. */
  readonly role: 'client' | 'server'
  readonly keepAliveMs: number | undefined
}

export class BatchedSocket {
  readonly #webSocket: WebSocket
  readonly #stream: Duplex
  readonly #events: SocketEvents
  readonly #masked: boolean
  readonly #keepAlive: NodeJS.Timeout
  readonly #flush = (): void => this.#writeBatch()
  /** Sent in this turn of the event loop, and its size on the wire. */
  #batch: Uint8Array[] = []
  #batchBytes = 0
  #congested = false
  #closed = false
  /** Since the last ping. */
  #heard = true

  /** `stream` is what `webSocket`, which is open, writes to. */
  constructor(
    webSocket: WebSocket,
    stream: Duplex,
    events: SocketEvents,
    { role, keepAliveMs = KEEP_ALIVE_MS }: BatchedSocketOptions,
  ) {
    this.#webSocket = webSocket
    this.#stream = stream
    this.#events = events
    this.#masked = role === 'client'
    this.#keepAlive = setInterval(() => this.#ping(), keepAliveMs).unref()
    webSocket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    webSocket.on('pong', () => (this.#heard = true))
    webSocket.on('error', (error) => this.close(toLinkError(error)))
    webSocket.on('close', (code) => this.#end(new LinkError('closed', `closed the connection (${code})`)))
    stream.on('drain', () => this.#drained())
  }

  /** Sends at the end of this turn of the event loop at the latest; what is sent to a closed socket is dropped. */
  send(bytes: Uint8Array): void {
    if (this.#closed) return
    if (this.#batch.length === 0) atTurnEnd('send', this.#flush)
    this.#batch.push(bytes)
    this.#batchBytes += messageBytes(bytes.length, this.#masked)
    if (this.#batchBytes >= PIECE_BYTES) this.#writeBatch()
    if (this.#batchBytes + this.#stream.writableLength > BUFFERED_BYTES_MAX) this.#tooMuchWaits()
  }

  /** Tells `closed` at once; what was sent still goes out, then the socket closes. */
  close(error: LinkError): void {
    if (!this.#end(error)) return
    this.#writeBatch()
    this.#webSocket.close(CLOSE_CODES[error.code] ?? POLICY_VIOLATION)
    setTimeout(() => this.#webSocket.terminate(), CLOSE_TIMEOUT_MS).unref()
  }

  #writeBatch(): void {
    // Nothing follows a close frame (RFC 6455 §5.5.1), which ws sends by itself where the peer closes.
    if (this.#batch.length > 0 && this.#webSocket.readyState === this.#webSocket.OPEN) {
      this.#stream.write(encodeMessages(this.#batch, this.#batchBytes, this.#masked))
    }
    this.#batch = []
    this.#batchBytes = 0
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#closed) return
    this.#heard = true
    // BTP-01
    if (isBinary && !Array.isArray(data) && !(data instanceof ArrayBuffer)) {
      // A plain array, for `slice` of a Buffer does not copy.
      this.#events.frame(new Uint8Array(data.buffer, data.byteOffset, data.length))
    } else {
      this.close(new LinkError('not-btp', 'sent text where BTP has binary frames'))
    }
  }

  #tooMuchWaits(): void {
    if (!this.#congested) {
      this.#congested = true
      this.#events.congested()
    }
    const waitingBytes = this.#batchBytes + this.#stream.writableLength
    if (waitingBytes > BUFFERED_BYTES_LIMIT) {
      this.#end(new LinkError('stalled', `does not read: ${waitingBytes} bytes wait for it`))
      this.#webSocket.terminate()
    }
  }

  #drained(): void {
    if (!this.#congested || this.#closed) return
    this.#congested = false
    this.#events.drained()
  }

  #ping(): void {
    if (this.#heard) {
      this.#heard = false
      this.#webSocket.ping()
    } else {
      this.#end(new LinkError('stalled', 'does not answer pings'))
      this.#webSocket.terminate()
    }
  }

  /** False where the end has been told. */
  #end(error: LinkError): boolean {
    if (this.#closed) return false
    this.#closed = true
    clearInterval(this.#keepAlive)
    this.#events.closed(error)
    return true
  }
}

/** So much does not wait for the end of the turn: the other end works on it while this one goes on. */
const PIECE_BYTES = 16_384

const KEEP_ALIVE_MS = 20_000
/** How long the peer may take to close its side. */
const CLOSE_TIMEOUT_MS = 1000

/** RFC 6455 §7.4.1. */
const POLICY_VIOLATION = 1008
const CLOSE_CODES: Readonly<Partial<Record<LinkError['code'], number>>> = {
  closed: 1000,
  'not-btp': 1003,
}

function toLinkError(error: Error & { readonly code?: string }): LinkError {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return new LinkError('too-large', 'sent a frame above the size limit', { cause: error })
  }
  if (error.code?.startsWith('WS_ERR_') === true) {
    return new LinkError('not-btp', `breaks the WebSocket protocol: ${reasonOf(error)}`, { cause: error })
  }
  return new LinkError('closed', `is gone: ${reasonOf(error)}`, { cause: error })
}
