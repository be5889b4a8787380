/** A node that does not always answer, or lies: it stands before a real one. */
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
  /** A page of somebody who stands between. */
  | 'bad-gateway'
  /** The node has just been started. */
  | 'warm-up'
  /** Nothing happens. */
  | 'hang'
  /** The name and password are refused. */
  | 'refuse'
  /** An answer of the test's own. */
  | { readonly result: unknown }

interface Call {
  readonly method: string
  readonly params: readonly unknown[]
}

export class FlakyNode {
  /** Methods of all requests, in order. */
  readonly methods: string[] = []
  fate: (call: Call) => Fate = () => 'pass'
  readonly #target: URL
  readonly #server: Server

  static async start(target: string): Promise<FlakyNode> {
    const node = new FlakyNode(new URL(target))
    node.#server.listen(0, '127.0.0.1')
    await once(node.#server, 'listening')
    return node
  }

  private constructor(target: URL) {
    this.#target = target
    this.#server = createServer((request, response) => void this.#handle(request, response))
  }

  get url(): string {
    const url = new URL(this.#target)
    url.port = String((this.#server.address() as AddressInfo).port)
    return url.href
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const call = JSON.parse(body) as Call
    this.methods.push(call.method)
    const fate = this.fate(call)
    if (typeof fate === 'object') {
      response.end(JSON.stringify({ result: fate.result, error: null, id: 1 }))
      return
    }
    if (fate !== 'pass' && fate !== 'lose-answer') {
      fail(fate, response)
      return
    }
    const authorization = request.headers.authorization ?? ''
    const { origin } = this.#target
    const answer = await fetch(origin, { method: 'POST', headers: { authorization }, body })
    const page = await answer.text()
    if (fate === 'lose-answer') response.destroy()
    else response.writeHead(answer.status).end(page)
  }
}

function fail(
  fate: 'lose-request' | 'bad-gateway' | 'warm-up' | 'hang' | 'refuse',
  response: ServerResponse,
): void {
  switch (fate) {
    case 'hang':
      return
    case 'lose-request':
      response.destroy()
      return
    case 'bad-gateway':
      response.writeHead(502).end('<html>Bad gateway</html>')
      return
    case 'refuse':
      response.writeHead(401).end()
      return
    case 'warm-up': {
      const error = { code: -28, message: 'Loading block index…' }
      response.writeHead(500).end(JSON.stringify({ result: null, error, id: 1 }))
    }
  }
}
