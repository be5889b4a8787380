/**
 * A web page's socket: connects, and connects again until told to stop. Layer 2, io.
 * It uses what pages have: a WebSocket that does not tell why it cannot connect, answers pings by itself, sends none,
 * and says how much waits to be sent only when asked.
 */
import { now } from '@hourglass/sansio/web'
import { Backoff } from '../../backoff.ts'
import type { BtpWireIn, BtpWireOut } from '../../btp-link.ts'
import { BUFFERED_BYTES_LIMIT, BUFFERED_BYTES_MAX, FRAME_BYTES_MAX } from '../../limits.ts'
import { LinkError, type LinkErrorCode, closeError } from '../link-error.ts'

export interface ConnectBtpOptions {
  /** `ws://…` or `wss://…`, without a token. */
  readonly url: string
  /** Gets what the link is to be told, in order. */
  readonly receive: (wire: BtpWireIn) => void
  /** Told why there is no session: once for each change, however often it is tried again. */
  readonly report?: (error: LinkError) => void
}

export interface BtpWebClient {
  /** Does what the link says; what is for a socket that is gone is dropped. */
  send(wire: BtpWireOut): void
  /** Closes and stays closed; resolves when the socket is. */
  close(): Promise<void>
}

/** Connects at once. The link is a `new BtpLink({ role: 'client', … })`. */
export function connectBtp(options: ConnectBtpOptions): BtpWebClient {
  return new Client(options)
}

class Client implements BtpWebClient {
  readonly #options: ConnectBtpOptions
  readonly #backoff = new Backoff()
  #socket: WebSocket | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOpen = false
  #isCongested = false
  #reported: LinkErrorCode | undefined
  #isStopped = false

  constructor(options: ConnectBtpOptions) {
    this.#options = options
    this.#open()
  }

  send(wire: BtpWireOut): void {
    const socket = this.#socket
    switch (wire.kind) {
      case 'frame':
        if (socket !== undefined && this.#isOpen) this.#sendFrame(socket, wire.bytes)
        break
      case 'accepted':
        this.#backoff.accepted(now())
        this.#reported = undefined
        break
      case 'close':
        if (socket !== undefined) this.#end(socket, closeError(wire.reason))
        break
    }
  }

  async close(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    const socket = this.#socket
    if (socket === undefined) return
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
    this.#end(socket, new LinkError('closed', 'is no longer wanted'))
    await closed
  }

  #open(): void {
    const socket = new WebSocket(this.#options.url)
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => {
      if (this.#socket !== socket) return
      clearTimeout(this.#timer)
      this.#isOpen = true
      this.#options.receive({ kind: 'opened' })
    })
    socket.addEventListener('message', ({ data }: { readonly data: unknown }) => {
      if (this.#socket === socket) this.#receive(socket, data)
    })
    socket.addEventListener('close', ({ code }) => {
      const gone = new LinkError('closed', `closed the connection (${code})`)
      this.#end(socket, this.#isOpen ? gone : new LinkError('unreachable', 'cannot be reached'))
    })
    this.#timer = setTimeout(() => {
      this.#end(socket, new LinkError('unreachable', 'does not answer in time'))
    }, OPEN_TIMEOUT_MS)
  }

  #receive(socket: WebSocket, data: unknown): void {
    // BTP-01
    if (!(data instanceof ArrayBuffer)) {
      this.#end(socket, new LinkError('not-btp', 'sent text where BTP has binary frames'))
    } else if (data.byteLength > FRAME_BYTES_MAX) {
      this.#end(socket, new LinkError('too-large', 'sent a frame above the size limit'))
    } else {
      this.#options.receive({ kind: 'frame', bytes: new Uint8Array(data) })
    }
  }

  #sendFrame(socket: WebSocket, bytes: Uint8Array): void {
    // A copy: pages may not send out of memory that could be shared.
    socket.send(bytes.slice())
    if (socket.bufferedAmount <= BUFFERED_BYTES_MAX) return
    if (socket.bufferedAmount > BUFFERED_BYTES_LIMIT) {
      this.#end(socket, new LinkError('stalled', `does not read: ${socket.bufferedAmount} bytes wait for it`))
    } else if (!this.#isCongested) {
      this.#isCongested = true
      this.#options.receive({ kind: 'congested' })
      this.#lookAgain(socket)
    }
  }

  /** Nobody tells when what waited is sent. */
  #lookAgain(socket: WebSocket): void {
    this.#timer = setTimeout(() => {
      if (this.#socket !== socket) return
      if (socket.bufferedAmount > 0) return this.#lookAgain(socket)
      this.#isCongested = false
      this.#options.receive({ kind: 'drained' })
    }, CONGESTED_MS)
  }

  /** Once for each socket. Closes it, tells the link if it was open, and tries again later. */
  #end(socket: WebSocket, error: LinkError): void {
    if (this.#socket !== socket) return
    const wasOpen = this.#isOpen
    this.#socket = undefined
    this.#isOpen = false
    this.#isCongested = false
    clearTimeout(this.#timer)
    socket.close()
    if (wasOpen) this.#options.receive({ kind: 'closed' })
    if (this.#isStopped) return
    if (this.#reported !== error.code) this.#options.report?.(error.about(this.#options.url))
    this.#reported = error.code
    this.#timer = setTimeout(() => this.#open(), this.#backoff.closed(now()))
  }
}

const OPEN_TIMEOUT_MS = 10_000
/** How often to look whether a full socket has sent what waits. */
const CONGESTED_MS = 50
