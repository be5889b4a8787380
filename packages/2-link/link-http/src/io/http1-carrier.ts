/** POSTs over HTTP/1.1: connections that stay open, one request at a time on each. Layer 2, io. */
import { Agent, type RequestOptions, request as requestHttp } from 'node:http'
import { Agent as TlsAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { Carrier, Post } from './carrier.ts'
import { latin1 } from './latin1.ts'
import { readBody } from './read-body.ts'

export class Http1Carrier implements Carrier {
  readonly #agent: Agent
  readonly #options: RequestOptions
  readonly #request: typeof requestHttp
  /** Those that got as far as to carry something. */
  readonly #connected = new WeakSet<Socket>()

  constructor(url: URL, ca: string | undefined) {
    const isTls = url.protocol === 'https:'
    const options = { keepAlive: true, maxSockets: CONNECTIONS_MAX, scheduling: 'lifo' } as const
    this.#agent = isTls ? new TlsAgent({ ...options, ...(ca !== undefined && { ca }) }) : new Agent(options)
    this.#watch(this.#agent, isTls ? 'secureConnect' : 'connect')
    this.#request = isTls ? requestHttps : requestHttp
    const { hostname, port } = url
    // Of an IPv6 address, Node wants no brackets.
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    this.#options = { host, ...(port !== '' && { port }), method: 'POST', agent: this.#agent }
  }

  post({ path, headers, body, answered, failed }: Post): () => void {
    let isOver = false
    const request = this.#request({ ...this.#options, path, headers })
    const fail = (error: Error): void => {
      if (isOver) return
      isOver = true
      failed(error, request.socket !== null && this.#connected.has(request.socket))
    }
    request.on('error', fail)
    request.on('response', (response) => {
      response.on('error', fail)
      readBody(response, (whole) => {
        if (whole === undefined) request.destroy()
        if (isOver) return
        isOver = true
        answered(response.statusCode ?? 0, response.headers, whole)
      })
    })
    request.end(latin1(body), 'latin1')
    return () => {
      isOver = true
      request.destroy()
    }
  }

  close(): Promise<void> {
    this.#agent.destroy()
    return Promise.resolve()
  }

  /** Notes which connections come about. */
  #watch(agent: Agent, event: 'connect' | 'secureConnect'): void {
    const create = agent.createConnection.bind(agent)
    agent.createConnection = (options, callback) => {
      const socket = create(options, callback) as Socket
      return socket.once(event, () => this.#connected.add(socket))
    }
  }
}

/** One for each request that waits for its answer. */
const CONNECTIONS_MAX = 256
