/** Takes over connections of an HTTP server that want to be BTP's, for many accounts. Layer 2, io. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { AuthClaim } from '../auth-frame.ts'
import type { BtpWireIn, BtpWireOut } from '../btp-link.ts'
import { FRAME_BYTES_MAX } from '../limits.ts'
import { LinkError, closeError } from './link-error.ts'
import { ServerSocket, type ServerSocketHost } from './server-socket.ts'

export interface AcceptBtpOptions {
  /** The only path to serve; where there is none given, any. */
  readonly path?: string
  /** Web pages that may connect (BTP-54). Programs say no origin and always may. */
  readonly allowedOrigins?: readonly string[]
  /** The account that user name and token open: `Credentials.find`. */
  readonly authenticate: (claim: AuthClaim) => string | undefined | Promise<string | undefined>
  /** Gets what that account's link is to be told, in order. */
  readonly receive: (account: string, wire: BtpWireIn) => void
  /** Told of each socket that is refused or lost. */
  readonly report?: (error: LinkError) => void
  /** How often peers are asked whether they are there. */
  readonly keepAliveMs?: number
}

export interface BtpAcceptor {
  /** For the event of that name of an HTTP server. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void
  /** Does what that account's link says; what is for a socket that is gone is dropped. */
  send(account: string, wire: BtpWireOut): void
  /** Closes that account's socket. It may connect again, where it is still let in. */
  drop(account: string): void
  /** Closes all sockets, and tells no more of them. */
  close(): void
}

/** The links are `new BtpLink({ role: 'server' })`, one for each account. */
export function acceptBtp(options: AcceptBtpOptions): BtpAcceptor {
  return new Acceptor(options)
}

class Acceptor implements BtpAcceptor, ServerSocketHost {
  readonly #options: AcceptBtpOptions
  readonly #webSocketServer = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
  })
  /** The newest socket of each account. */
  readonly #sockets = new Map<string, ServerSocket>()
  /** Sockets whose account is not known yet. */
  readonly #strangers = new Set<ServerSocket>()
  #stopped = false

  constructor(options: AcceptBtpOptions) {
    this.#options = options
  }

  send(account: string, wire: BtpWireOut): void {
    const socket = this.#sockets.get(account)
    if (wire.kind === 'frame') socket?.send(wire.bytes)
    else if (wire.kind === 'close') socket?.close(closeError(wire.reason))
  }

  drop(account: string): void {
    this.#sockets.get(account)?.close(new LinkError('closed', 'is no longer served'))
  }

  close(): void {
    this.#stopped = true
    const error = new LinkError('closed', 'is no longer served')
    for (const socket of [...this.#sockets.values(), ...this.#strangers]) socket.close(error)
  }

  async authenticate(claim: AuthClaim): Promise<string | undefined> {
    return this.#options.authenticate(claim)
  }

  /** BTP-50: the newest connection of an account counts. SEC-20: the change is reported. */
  accepted(socket: ServerSocket, account: string): void {
    this.#strangers.delete(socket)
    const message = `was replaced by a newer connection from ${socket.remote}`
    this.#sockets.get(account)?.close(new LinkError('replaced', message))
    this.#sockets.set(account, socket)
  }

  receive(account: string, wire: BtpWireIn): void {
    this.#options.receive(account, wire)
  }

  closed(socket: ServerSocket, error: LinkError): void {
    const { account, remote } = socket
    this.#strangers.delete(socket)
    if (account !== undefined) {
      this.#sockets.delete(account)
      this.receive(account, { kind: 'closed' })
    }
    this.#report(error.about(account ?? remote))
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const { remoteAddress, remotePort } = request.socket
    const remote = `${remoteAddress ?? 'someone'}:${remotePort ?? 0}`
    const refusal = this.#refusalOf(request)
    if (refusal === undefined) {
      this.#webSocketServer.handleUpgrade(request, stream, head, (webSocket) => {
        const socket = new ServerSocket({ webSocket, stream, remote }, this, this.#options.keepAliveMs)
        this.#strangers.add(socket)
      })
      return
    }
    const [status, error] = refusal
    stream.on('error', () => stream.destroy())
    stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    this.#report(error.about(remote))
  }

  /** Status and error of a request that gets no WebSocket. */
  #refusalOf({ url = '', headers }: IncomingMessage): [string, LinkError] | undefined {
    const { path, allowedOrigins = [] } = this.#options
    if (path !== undefined && url.split('?')[0] !== path) {
      return ['404 Not Found', new LinkError('wrong-path', `asked for another path than ${path}`)]
    }
    if (headers.origin !== undefined && !allowedOrigins.includes(headers.origin)) {
      return ['403 Forbidden', new LinkError('foreign-origin', 'is a web page of a foreign origin')]
    }
    if (this.#strangers.size >= STRANGERS_MAX) {
      const message = `came while ${STRANGERS_MAX} others were not authenticated`
      return ['503 Service Unavailable', new LinkError('too-early', message)]
    }
    return undefined
  }

  #report(error: LinkError): void {
    if (!this.#stopped) this.#options.report?.(error)
  }
}

/** Sockets that may wait for their authentication at once. */
const STRANGERS_MAX = 1000
