/** An HTTPS server with switches for what goes wrong: answers that are lost, lines that break, a server away. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Server, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Identity, OWN } from './certificates.ts'

export interface Call {
  /** Method and path: `GET /v1/getinfo`. */
  readonly route: string
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: IncomingMessage['headers']
}

/** What a handler says to whoever called. */
export class Reply {
  readonly #response: ServerResponse
  readonly #isLost: boolean

  constructor(response: ServerResponse, isLost: boolean) {
    this.#response = response
    this.#isLost = isLost
  }

  get isOpen(): boolean {
    return !this.#response.destroyed
  }

  get isBegun(): boolean {
    return this.#response.headersSent
  }

  send(status: number, body: unknown): void {
    this.line(body, status)
    this.#response.end()
  }

  /** One of a stream. */
  line(body: unknown, status = 200): void {
    if (this.#isLost) return void this.#response.destroy()
    if (!this.#response.headersSent) this.#response.writeHead(status, { 'content-type': 'application/json' })
    this.#response.write(`${JSON.stringify(body)}\n`)
  }

  end(): void {
    this.#response.end()
  }
}

export class DaemonServer {
  /** Whether the answer to a call is lost after its work was done. */
  loses: (route: string) => boolean = () => false
  /** Whether a call is refused, for no reason that concerns what it is about. */
  refuses: (route: string) => boolean = () => false
  /** All that were called, as `GET /v1/getinfo`. */
  readonly calls: string[] = []
  readonly #handle: (call: Call, reply: Reply) => Promise<void>
  readonly #identity: Identity
  #server: Server | undefined
  #port = 0

  constructor(handle: (call: Call, reply: Reply) => Promise<void>, identity: Identity = OWN) {
    this.#handle = handle
    this.#identity = identity
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`
  }

  /** At the same place each time. */
  async start(): Promise<void> {
    const server = createServer({ ...this.#identity }, (request, response) => {
      void this.#answer(request, response)
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Ends all connections; what is under way goes on. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  dropConnections(): void {
    this.#server?.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    request.setEncoding('utf8')
    response.on('error', () => undefined)
    for await (const chunk of request as AsyncIterable<string>) text += chunk
    const url = new URL(request.url!, this.url)
    const route = `${request.method} ${url.pathname}`
    this.calls.push(route)
    const body = (text === '' ? {} : JSON.parse(text)) as Call['body']
    const call = { route, query: url.searchParams, body, headers: request.headers }
    await this.#handle(call, new Reply(response, this.loses(route)))
  }
}
