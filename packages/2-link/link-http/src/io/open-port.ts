/**
 * One port for HTTP/1.1 and HTTP/2: by ALPN where there is TLS (HTTP-02), else by how a connection begins. Layer 2, io.
 */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { type Http2Server, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { reasonOf } from '@hourglass/link/io'
import { HttpError } from './http-error.ts'

export interface PortOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Certificate and key in PEM. Without them the port is for a proxy of one's own (HTTP-01). */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Takes over connections that want to be something else than HTTP, such as WebSockets, and closes them. */
  readonly upgrade?: (request: IncomingMessage, stream: Duplex, head: Buffer) => void
}

export interface Port {
  /** Takes connections; requests of HTTP/1.1 are its own. */
  readonly http1: Server
  /** Has the streams of HTTP/2. */
  readonly http2: Http2Server
  close(): Promise<void>
}

/** @throws HttpError `cannot-listen` */
export async function openPort(
  { host, port, tls, upgrade }: PortOptions,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Port> {
  const http2 = createHttp2Server({ settings: { maxConcurrentStreams: STREAMS_MAX } })
  http2.on('session', (session) => session.setTimeout(IDLE_MS, () => session.close()))
  const http1 =
    tls === undefined
      ? createServer(TIMEOUTS, serve)
      : createHttpsServer({ ...TIMEOUTS, ...tls, ALPNProtocols: ['h2', 'http/1.1'] }, serve)
  http1.keepAliveTimeout = IDLE_MS
  if (tls === undefined) divertPlain(http1, http2)
  else divertTls(http1, http2)
  const sockets = new Set<Socket>()
  http1.on('connection', (socket: Socket) => {
    // Those that are something else by now are not counted.
    if (sockets.size >= CONNECTIONS_MAX) socket.destroy()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  if (upgrade !== undefined) {
    http1.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      sockets.delete(request.socket)
      upgrade(request, stream, head)
    })
  }
  await listen(http1, host, port)
  return {
    http1,
    http2,
    async close() {
      const closed = new Promise((resolve) => http1.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const message = `cannot listen on ${host}:${port}: ${reasonOf(error)}`
      reject(new HttpError('cannot-listen', message, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
}

/** Hands over connections that begin as only HTTP/2 does (RFC 9113 §3.4). */
function divertPlain(http1: Server, http2: Http2Server): void {
  const [serve] = http1.listeners('connection') as [(socket: Socket) => void]
  http1.removeAllListeners('connection').on('connection', (socket: Socket) => {
    const giveUp = (): void => void socket.destroy()
    socket.setTimeout(TIMEOUTS.headersTimeout, giveUp).on('error', giveUp)
    socket.once('readable', () => {
      socket.setTimeout(0).off('timeout', giveUp).off('error', giveUp)
      const head = (socket.read() as Buffer | null) ?? PREFACE.subarray(0, 0)
      socket.unshift(head)
      if (head.subarray(0, PREFACE.length).equals(PREFACE)) http2.emit('connection', socket)
      else serve.call(http1, socket)
    })
  })
}

function divertTls(http1: Server, http2: Http2Server): void {
  const [serve] = http1.listeners('secureConnection') as [(socket: TLSSocket) => void]
  http1.removeAllListeners('secureConnection').on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.emit('connection', socket)
    else serve.call(http1, socket)
  })
}

/** What a connection of HTTP/2 begins with: no method of HTTP/1.1 does. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n')

/** Slow senders: a request has so long for its head and in all, and is looked for so often. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 2000 }
/** A connection without requests. Longer than packets live, so that no answer is lost to it (SEC-25). */
const IDLE_MS = 65_000
/** Open for HTTP at once; whose they are is not known before they ask. */
const CONNECTIONS_MAX = 2000
/** Requests at once on a connection of HTTP/2. */
const STREAMS_MAX = 1000
