/** A node that does not always answer: it stands before a real one and loses what it is told to lose. */
import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What becomes of one request. */
export type Fate =
  | 'pass'
  /** The connection breaks before the node has heard anything. */
  | 'lose-request'
  /** The node does as asked, and the connection breaks before it has answered. */
  | 'lose-answer'
  /** The node answers with a page of its balancer. */
  | 'bad-gateway'
  /** Nothing happens. */
  | 'hang'

export class FlakyNode {
  /** Methods of all requests, in order. */
  readonly methods: string[] = []
  fate: (method: string) => Fate = () => 'pass'
  readonly #target: string
  readonly #server: Server

  static async start(target: string): Promise<FlakyNode> {
    const node = new FlakyNode(target)
    node.#server.listen(0, '127.0.0.1')
    await once(node.#server, 'listening')
    return node
  }

  private constructor(target: string) {
    this.#target = target
    this.#server = createServer((request, response) => void this.#handle(request, response))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const { method } = JSON.parse(body) as { method: string }
    this.methods.push(method)
    const fate = this.fate(method)
    if (fate === 'hang') return
    if (fate === 'lose-request') {
      response.destroy()
      return
    }
    if (fate === 'bad-gateway') {
      response.writeHead(502).end('<html>Bad gateway</html>')
      return
    }
    const headers = { 'content-type': 'application/json' }
    const answer = await (await fetch(this.#target, { method: 'POST', headers, body })).text()
    if (fate === 'lose-answer') response.destroy()
    else response.writeHead(200, headers).end(answer)
  }
}
