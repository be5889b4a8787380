/** A client's socket: connects, and connects again until told to stop. Layer 2, io. */
import type { Duplex } from 'node:stream'
import { reasonOf } from '@hourglass/link/io'
import { now } from '@hourglass/sansio/io'
import { WebSocket } from 'ws'
import { Backoff } from '../backoff.ts'
import type { BtpWireIn, BtpWireOut } from '../btp-link.ts'
import { FRAME_BYTES_MAX } from '../limits.ts'
import { BatchedSocket } from './batched-socket.ts'
import { LinkError, type LinkErrorCode, closeError } from './link-error.ts'

export interface ConnectBtpOptions {
  /** `ws://…` or `wss://…`, without a token: see `decodeBtpUrl`. */
  readonly url: string
  /** Gets what the link is to be told, in order. */
  readonly receive: (wire: BtpWireIn) => void
  /** Told why there is no session: once for each change, however often it is tried again. */
  readonly report?: (error: LinkError) => void
  /** For `wss`: certificates in PEM to trust instead of the system's. */
  readonly ca?: string
  /** How often the peer is asked whether it is there. */
  readonly keepAliveMs?: number
}

export interface BtpClient {
  /** Does what the link says; what is for a socket that is gone is dropped. */
  send(wire: BtpWireOut): void
  /** Closes and stays closed; resolves when the socket is. */
  close(): Promise<void>
}

/** Connects at once. The link is a `new BtpLink({ role: 'client', … })`. */
export function connectBtp(options: ConnectBtpOptions): BtpClient {
  return new Client(options)
}

class Client implements BtpClient {
  readonly #options: ConnectBtpOptions
  readonly #backoff = new Backoff()
  #webSocket: WebSocket | undefined
  #socket: BatchedSocket | undefined
  #retry: NodeJS.Timeout | undefined
  #reported: LinkErrorCode | undefined
  #stopped = false

  constructor(options: ConnectBtpOptions) {
    this.#options = options
    this.#open()
  }

  send(wire: BtpWireOut): void {
    switch (wire.kind) {
      case 'frame':
        this.#socket?.send(wire.bytes)
        break
      case 'accepted':
        this.#backoff.accepted(now())
        this.#reported = undefined
        break
      case 'close':
        this.#socket?.close(closeError(wire.reason))
        break
    }
  }

  async close(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#retry)
    const webSocket = this.#webSocket
    if (webSocket === undefined) return
    const closed = new Promise((resolve) => webSocket.once('close', resolve))
    if (this.#socket === undefined) webSocket.terminate()
    else this.#socket.close(new LinkError('closed', 'is no longer wanted'))
    await closed
  }

  #open(): void {
    const { url, ca } = this.#options
    const webSocket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      ...(ca === undefined ? {} : { ca }),
    })
    this.#webSocket = webSocket
    let stream: Duplex | undefined
    const failed = (error: LinkError): void => {
      webSocket.removeAllListeners('error').on('error', ignore)
      this.#failed(error)
    }
    webSocket.on('upgrade', (response) => (stream = response.socket))
    webSocket.on('unexpected-response', (_request, response) => {
      failed(
        new LinkError(
          'not-websocket',
          `answers with HTTP ${response.statusCode ?? 0} instead of a WebSocket`,
        ),
      )
      webSocket.terminate()
    })
    webSocket.on('error', (error) => {
      failed(new LinkError('unreachable', `cannot be reached: ${reasonOf(error)}`, { cause: error }))
    })
    webSocket.on('close', () => {
      if (this.#webSocket === webSocket) this.#webSocket = undefined
    })
    webSocket.on('open', () => {
      webSocket.removeAllListeners('error')
      if (stream !== undefined) this.#opened(webSocket, stream)
    })
  }

  #opened(webSocket: WebSocket, stream: Duplex): void {
    const { receive, keepAliveMs } = this.#options
    const events = {
      frame: (bytes: Uint8Array) => receive({ kind: 'frame', bytes }),
      congested: () => receive({ kind: 'congested' }),
      drained: () => receive({ kind: 'drained' }),
      closed: (error: LinkError) => {
        this.#socket = undefined
        receive({ kind: 'closed' })
        this.#failed(error)
      },
    }
    this.#socket = new BatchedSocket(webSocket, stream, events, { role: 'client', keepAliveMs })
    receive({ kind: 'opened' })
  }

  /** Reports what is new, and tries again later. */
  #failed(error: LinkError): void {
    if (this.#stopped) return
    if (this.#reported !== error.code) this.#options.report?.(error.about(this.#options.url))
    this.#reported = error.code
    this.#retry = setTimeout(() => this.#open(), this.#backoff.closed(now()))
  }
}

function ignore(): void {
  // The first error has been told; those that follow from it say nothing new.
}

const HANDSHAKE_TIMEOUT_MS = 10_000
