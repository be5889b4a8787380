/** A server: one port, where peers of many accounts post, told apart by their tokens. Layer 2, io. */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { BusyMap } from '@hourglass/sansio'
import { MESSAGE_BYTES_MAX } from '../limits.ts'
import type { HttpResponse, HttpWireIn, HttpWireOut } from '../wire.ts'
import { bearerToken, decodeRequestHeaders, encodeResponseHeaders } from './headers.ts'
import { HttpError } from './http-error.ts'
import { latin1 } from './latin1.ts'
import { type Port, type PortOptions, openPort } from './open-port.ts'
import { readBody } from './read-body.ts'

export interface ListenHttpOptions extends PortOptions {
  /** The account that a token opens: `Tokens.find`. */
  readonly authenticate: (token: string) => string | undefined
  /** Gets what that account's link is to be told, in order. */
  readonly receive: (account: string, wire: HttpWireIn) => void
  /** A body has so long to come. */
  readonly readMs?: number
  /** Told of whoever is refused before a link hears of it. */
  readonly report?: (error: HttpError) => void
}

export interface HttpServer {
  readonly port: number
  /** Answers; what nobody waits for any more is dropped. */
  send(wire: Extract<HttpWireOut, { kind: 'respond' }>): void
  /** Closes the port and all connections; resolves when they are. */
  close(): Promise<void>
}

/** @throws HttpError `cannot-listen` */
export async function listenHttp(options: ListenHttpOptions): Promise<HttpServer> {
  const listener = new Listener(options)
  const port = await openPort(options, (request, response) => listener.serve(toAsked1(request, response)))
  listener.listen(port)
  return listener
}

/** A request of either version of HTTP. */
interface Asked {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
  remote(): string
  readonly body: Readable
  /** Answers; `isLast`: and ends the connection, or what is left of the request. */
  respond(status: number, headers: OutgoingHttpHeaders, body: Uint8Array, isLast: boolean): void
  /** Whether it ended before it was whole. */
  isCut(): boolean
  /** It is over, answered or not. */
  onClose(listener: () => void): void
  destroy(): void
}

class Listener implements HttpServer {
  readonly #options: ListenHttpOptions
  #port: Port | undefined
  #lastExchange = 0
  /** Requests that a link has to answer. */
  readonly #waiting = new BusyMap<number, Asked>()
  /** Requests whose bodies are being read, oldest first, and since which sweep. */
  readonly #reading = new BusyMap<number, { readonly asked: Asked; readonly since: number }>()
  #sweep: NodeJS.Timeout | undefined
  #sweeps = 0

  constructor(options: ListenHttpOptions) {
    this.#options = options
  }

  listen(port: Port): void {
    this.#port = port
    port.http2.on('stream', (stream, headers) => this.serve(toAsked2(stream, headers)))
    const { readMs = READ_MS } = this.#options
    this.#sweep = setInterval(() => this.#endSlow(), readMs / READ_SWEEPS).unref()
  }

  get port(): number {
    return (this.#port!.http1.address() as AddressInfo).port
  }

  send({ exchange, status, ...response }: Extract<HttpWireOut, { kind: 'respond' }>): void {
    const asked = this.#waiting.take(exchange)
    if (asked !== undefined) respond(asked, { ...response, status })
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep)
    await this.#port?.close()
  }

  /** HTTP-04: whose it is comes first, before a body is read. */
  serve(asked: Asked): void {
    const { method, headers } = asked
    if (method === 'GET' || method === 'HEAD') return respond(asked, textResponse(200, 'OK'), true)
    if (method !== 'POST') return respond(asked, textResponse(405, 'packets come by POST'), true)
    const token = bearerToken(headers.authorization)
    const account = token === undefined ? undefined : this.#options.authenticate(token)
    if (account === undefined) {
      this.#report('stranger', `${asked.remote()} says no token of an account's`)
      return respond(asked, textResponse(401, 'no account has that token'), true)
    }
    if (Number(headers['content-length'] ?? 0) > MESSAGE_BYTES_MAX) return respond(asked, TOO_LARGE, true)
    this.#read(asked, account)
  }

  #read(asked: Asked, account: string): void {
    const head = decodeRequestHeaders(asked.headers)
    const exchange = ++this.#lastExchange
    this.#reading.set(exchange, { asked, since: this.#sweeps })
    asked.onClose(() => {
      this.#reading.delete(exchange)
      this.#waiting.delete(exchange)
    })
    readBody(asked.body, (body) => {
      const isAwaited = this.#reading.delete(exchange)
      if (body === undefined) return respond(asked, TOO_LARGE, true)
      // One that was cut off ends as well.
      if (!isAwaited || asked.isCut()) return
      this.#waiting.set(exchange, asked)
      this.#options.receive(account, { kind: 'request', exchange, ...head, body })
    })
  }

  #endSlow(): void {
    const limit = ++this.#sweeps - READ_SWEEPS
    for (const [exchange, { asked, since }] of this.#reading.entries()) {
      if (since >= limit) return
      this.#reading.delete(exchange)
      this.#report('not-http', `${asked.remote()} takes too long for a request`)
      asked.destroy()
    }
  }

  #report(code: 'stranger' | 'not-http', message: string): void {
    this.#options.report?.(new HttpError(code, message))
  }
}

function toAsked1(request: IncomingMessage, response: ServerResponse): Asked {
  const { method, headers, socket } = request
  response.on('error', ignore)
  return {
    method,
    headers,
    remote() {
      return `${socket.remoteAddress ?? 'someone'}:${socket.remotePort ?? 0}`
    },
    body: request,
    respond(status, fields, body, isLast) {
      if (isLast) fields.connection = 'close'
      response.writeHead(status, fields).end(latin1(body), 'latin1')
    },
    isCut: () => !request.complete,
    onClose: (listener) => void response.once('close', listener),
    destroy: () => void socket.destroy(),
  }
}

function toAsked2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Asked {
  // Ends with the stream: a peer that cuts it off gets no answer, and nobody is the worse for it.
  stream.on('error', ignore)
  return {
    method: headers[':method'] as string | undefined,
    headers,
    remote() {
      const { remoteAddress, remotePort } = stream.session?.socket ?? {}
      return `${remoteAddress ?? 'someone'}:${remotePort ?? 0}`
    },
    body: stream,
    respond(status, fields, body, isLast) {
      if (stream.closed || stream.destroyed) return
      stream.respond({ ':status': status, ...fields })
      stream.end(body)
      if (isLast) stream.close()
    },
    isCut: () => stream.aborted || stream.closed,
    onClose: (listener) => void stream.once('close', listener),
    destroy: () => stream.close(),
  }
}

function respond(asked: Asked, response: HttpResponse, isLast = false): void {
  const headers = encodeResponseHeaders(response)
  // RFC 9110 §11.6.1
  if (response.status === 401) headers['www-authenticate'] = 'Bearer'
  asked.respond(response.status, headers, response.body, isLast)
}

function textResponse(status: number, text: string): HttpResponse {
  return { status, contentType: 'text/plain', body: Buffer.from(`${text}\n`) }
}

const TOO_LARGE = textResponse(413, `more than ${MESSAGE_BYTES_MAX} octets`)

function ignore(): void {
  // A request that is cut off is over, as its `close` tells.
}

const READ_MS = 10_000
/** So often bodies are looked for that are too slow, in the time that they have. */
const READ_SWEEPS = 10
