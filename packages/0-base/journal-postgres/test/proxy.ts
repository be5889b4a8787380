/** Stands between a journal and its server, and cuts the connection. */
import { type NetConnectOpts, type Server, type Socket, connect, createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export class Proxy {
  /** The server's, through this proxy. */
  readonly url: string
  readonly #port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(url: string, server: Server, sockets: Set<Socket>) {
    const through = new URL(url)
    this.#port = (server.address() as AddressInfo).port
    through.host = `127.0.0.1:${this.#port}`
    this.url = through.href
    this.#server = server
    this.#sockets = sockets
  }

  static async open(url: string): Promise<Proxy> {
    const target = targetOf(url)
    const sockets = new Set<Socket>()
    const server = createServer((near) => {
      const far = connect(target)
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
        socket.pipe(other)
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Proxy(url, server, sockets)
  }

  /** Ends all connections; what was on its way is lost. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Cuts, and takes no connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  /** Takes connections again. */
  async reopen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }
}

function targetOf(url: string): NetConnectOpts {
  const { hostname, port } = new URL(url)
  const number = port === '' ? 5432 : Number(port)
  const host = decodeURIComponent(hostname)
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${number}` } : { host, port: number }
}
