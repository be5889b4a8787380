/** A server's sockets: one port for many accounts. Layer 2, io. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { reasonOf } from '@hourglass/link/io'
import { type AcceptBtpOptions, type BtpAcceptor, acceptBtp } from './accept.ts'
import { LinkError } from './link-error.ts'

export interface ListenBtpOptions extends AcceptBtpOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Certificate and key in PEM: peers then connect by `wss`. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

export interface BtpServer extends Pick<BtpAcceptor, 'send' | 'drop'> {
  readonly port: number
  /** Closes the port and all sockets; resolves when they are. */
  close(): Promise<void>
}

/** The links are `new BtpLink({ role: 'server' })`, one for each account. @throws LinkError `cannot-listen` */
export async function listenBtp(options: ListenBtpOptions): Promise<BtpServer> {
  const { host, port, tls } = options
  const server = tls === undefined ? createServer(refuseHttp) : createTlsServer({ ...tls }, refuseHttp)
  const failed = (what: string, error: Error): LinkError =>
    new LinkError('cannot-listen', `cannot ${what}: ${reasonOf(error)}`, { cause: error })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(failed(`listen on ${host}:${port}`, error)))
    server.listen(port, host, resolve)
  })
  const acceptor = acceptBtp(options)
  let isStopped = false
  server.on('error', (error) => {
    if (!isStopped) options.report?.(failed('take a connection', error))
  })
  server.on('upgrade', (request, stream, head) => acceptor.upgrade(request, stream, head))
  return {
    port: (server.address() as AddressInfo).port,
    send: (account, wire) => acceptor.send(account, wire),
    drop: (account) => acceptor.drop(account),
    async close() {
      isStopped = true
      const closed = new Promise((resolve) => server.close(resolve))
      acceptor.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function refuseHttp(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { Upgrade: 'websocket' }).end('BTP peers connect by WebSocket.\n')
}
