/** A client: brings POSTs to one peer, over HTTP/2 where the peer speaks it (HTTP-02). Layer 2, io. */
import { type TLSSocket, connect as connectTls } from 'node:tls'
import { isIP } from 'node:net'
import { reasonOf } from '@hourglass/link/io'
import { BusyMap } from '@hourglass/sansio'
import type { HttpWireIn, HttpWireOut } from '../wire.ts'
import type { Carrier } from './carrier.ts'
import { decodeResponseHeaders, encodeRequestHeaders } from './headers.ts'
import { Http1Carrier } from './http1-carrier.ts'
import { Http2Carrier } from './http2-carrier.ts'
import { HttpError, type HttpErrorCode } from './http-error.ts'
import type { PeerUrl } from './peer-url.ts'

export interface ConnectHttpOptions {
  readonly url: PeerUrl
  /** What we say to the peer. */
  readonly token: string
  /** Gets what the link is to be told, in order; first, that the peer can be spoken to. */
  readonly receive: (wire: HttpWireIn) => void
  /** Told what is wrong: once for each change, however often it is tried again. */
  readonly report?: (error: HttpError) => void
  /** With `http://`: whether the peer is known to speak HTTP/2. With `https://` it says so itself. */
  readonly http2?: boolean
  /** For `https`: certificates in PEM to trust instead of the system's. */
  readonly ca?: string
}

export interface HttpClient {
  /** Does what the link says. */
  send(wire: Exclude<HttpWireOut, { kind: 'respond' }>): void
  /** Ends all connections; resolves when they are. */
  close(): Promise<void>
}

export function connectHttp(options: ConnectHttpOptions): HttpClient {
  return new Client(options)
}

class Client implements HttpClient {
  readonly #options: ConnectHttpOptions
  readonly #url: URL
  readonly #path: string
  /** By exchange: what cancels it. */
  readonly #posts = new BusyMap<number, () => void>()
  #carrier: Promise<Carrier> | Carrier | undefined
  #reported: HttpErrorCode | undefined
  #stopped = false

  constructor(options: ConnectHttpOptions) {
    this.#options = options
    this.#url = new URL(options.url.href)
    this.#path = this.#url.pathname + this.#url.search
    // Not before whoever connects has the client in hand.
    setImmediate(() => this.#receive({ kind: 'opened' }))
  }

  send(wire: Exclude<HttpWireOut, { kind: 'respond' }>): void {
    if (wire.kind === 'post') {
      this.#send(wire)
      return
    }
    this.#posts.take(wire.exchange)?.()
  }

  async close(): Promise<void> {
    this.#stopped = true
    for (const cancel of this.#posts.values()) cancel()
    this.#posts.clear()
    await (await this.#carrier)?.close()
  }

  #send(wire: Extract<HttpWireOut, { kind: 'post' }>): void {
    this.#carrier ??= this.#open()
    if (!(this.#carrier instanceof Promise)) return this.#post(this.#carrier, wire)
    let isCancelled = false
    this.#posts.set(wire.exchange, () => (isCancelled = true))
    this.#carrier.then(
      (carrier) => {
        if (!isCancelled) this.#post(carrier, wire)
      },
      (error: unknown) => {
        if (!isCancelled) this.#failed(wire.exchange, error as Error, false)
      },
    )
  }

  #post(carrier: Carrier, wire: Extract<HttpWireOut, { kind: 'post' }>): void {
    const { exchange, url } = wire
    const cancel = carrier.post({
      path: url === undefined ? this.#path : pathOf(url),
      headers: encodeRequestHeaders(wire, this.#options.token),
      body: wire.body,
      answered: (status, headers, body) => {
        this.#posts.delete(exchange)
        if (status === 401 || status === 403) this.#report('token-refused', `refuses our token (${status})`)
        else this.#reported = undefined
        const rest = decodeResponseHeaders(headers)
        this.#receive({ kind: 'response', exchange, status, ...rest, body: body ?? NOTHING })
      },
      failed: (error, isSent) => this.#failed(exchange, error, isSent),
    })
    this.#posts.set(exchange, cancel)
  }

  #failed(exchange: number, error: Error, isSent: boolean): void {
    this.#posts.delete(exchange)
    this.#report('unreachable', `cannot be reached: ${reasonOf(error)}`, error)
    this.#receive({ kind: 'unanswered', exchange, isSent })
  }

  /** A carrier at once, or as soon as TLS has agreed on one. */
  #open(): Promise<Carrier> | Carrier {
    const { http2 = false, ca } = this.#options
    const url = this.#url
    if (url.protocol === 'http:') return http2 ? this.#openHttp2() : new Http1Carrier(url, undefined)
    const opening = negotiate(url, ca).then((socket) => {
      const carrier = socket === undefined ? new Http1Carrier(url, ca) : this.#openHttp2(socket)
      this.#carrier = carrier
      return carrier
    })
    opening.catch(() => (this.#carrier = undefined))
    return opening
  }

  /** What comes after its connection is closed goes over another. */
  #openHttp2(socket?: TLSSocket): Carrier {
    const carrier: Carrier = new Http2Carrier(this.#url.origin, socket, () => {
      if (this.#carrier === carrier) this.#carrier = undefined
    })
    return carrier
  }

  #receive(wire: HttpWireIn): void {
    if (!this.#stopped) this.#options.receive(wire)
  }

  #report(code: HttpErrorCode, message: string, cause?: Error): void {
    if (this.#reported === code || this.#stopped) return
    this.#reported = code
    this.#options.report?.(new HttpError(code, `${this.#url.origin} ${message}`, { cause }))
  }
}

/** A connection on which the peer has chosen HTTP/2; undefined where it speaks HTTP/1.1 alone. */
async function negotiate({ hostname, port }: URL, ca: string | undefined): Promise<TLSSocket | undefined> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host,
      port: port === '' ? HTTPS_PORT : Number(port),
      ...(isIP(host) === 0 && { servername: host }),
      ALPNProtocols: ['h2', 'http/1.1'],
      ...(ca !== undefined && { ca }),
    })
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('no answer in time')))
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      socket.setTimeout(0).off('error', reject)
      if (socket.alpnProtocol === 'h2') return resolve(socket)
      socket.destroy()
      resolve(undefined)
    })
  })
}

/** The machine has seen to it that the rest is the peer's own. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

const NOTHING = new Uint8Array(0)
const HTTPS_PORT = 443
const CONNECT_MS = 10_000
