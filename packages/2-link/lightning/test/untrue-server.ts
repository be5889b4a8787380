/** A server between a node and its chain: what it answers may be changed on its way, or not come at all. */
import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

interface Call {
  readonly id: unknown
  readonly method: string
  readonly params: readonly unknown[]
}

interface Reply {
  readonly result: unknown
  readonly error?: { readonly code: number; readonly message: string } | null
}

/** What it says instead; `truth` is what the chain would say. */
export type Lie = (call: Call, truth: (method: string, ...params: unknown[]) => Promise<unknown>) => unknown

/** Lets a lie pass on what it does not touch. */
export const TRUTH: Lie = ({ method, params }, truth) => truth(method, ...params)

export class UntrueServer {
  lie: Lie = TRUTH
  /** Calls are cut off. */
  isAway = false
  readonly #server: Server
  readonly #chain: string

  /** Of the chain at this URL. */
  static async start(chainUrl: string): Promise<UntrueServer> {
    const server = new UntrueServer(chainUrl)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  private constructor(chainUrl: string) {
    this.#chain = chainUrl
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = JSON.parse(await text(request)) as Call
    if (this.isAway) return void response.destroy()
    let reply: Reply
    try {
      reply = { result: await this.lie(call, (method, ...params) => this.#truth(method, params)) }
    } catch (error) {
      const { code = -1, message } = error as Error & { code?: number }
      reply = { result: null, error: { code, message } }
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ ...reply, id: call.id }))
  }

  async #truth(method: string, params: readonly unknown[]): Promise<unknown> {
    const { origin, username, password } = new URL(this.#chain)
    const response = await fetch(origin, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
      body: JSON.stringify({ id: 1, method, params }),
    })
    const { result, error } = (await response.json()) as Reply
    if (error) throw Object.assign(new Error(error.message), { code: error.code })
    return result
  }
}
