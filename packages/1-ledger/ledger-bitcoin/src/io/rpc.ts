/**
 * JSON-RPC over HTTP to one node, as Bitcoin Core serves it. Layer 1, io.
 *
 * A node that does not answer is asked again, later and later, until it does: whoever asks sees a slow answer and not
 * an outage. So only what may be asked twice is asked here, which is everything: a transaction that is sent twice is
 * one transaction.
 */
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from '@hourglass/sansio'
import { BitcoinError, NodeError } from './errors.ts'

export interface RpcOptions {
  /** `http://user:password@host:port`, or https. */
  readonly url: string
  /** An attempt without an answer ends after that long. */
  readonly timeoutMs: number
}

export class Rpc {
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeoutMs: number
  readonly #agent: HttpAgent
  readonly #closing = new AbortController()
  readonly #underWay = new Set<ClientRequest>()
  #nextId = 1

  /** @throws UsageError where the URL is not one of HTTP */
  constructor({ url, timeoutMs }: RpcOptions) {
    const parsed = URL.parse(url)
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      throw new UsageError('the URL of a node begins with http:// or https://')
    }
    const name = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`
    parsed.username = ''
    parsed.password = ''
    this.#url = parsed
    this.#headers = {
      'content-type': 'application/json',
      ...(name === ':' ? {} : { authorization: `Basic ${Buffer.from(name).toString('base64')}` }),
    }
    this.#timeoutMs = timeoutMs
    const options = { keepAlive: true, maxSockets: SOCKETS_MAX }
    this.#agent = this.#isTls ? new HttpsAgent(options) : new HttpAgent(options)
  }

  get #isTls(): boolean {
    return this.#url.protocol === 'https:'
  }

  /** Where the node is, without name and password. */
  get origin(): string {
    return this.#url.origin
  }

  /**
   * Asks until the node answers, for `patienceMs` at most.
   * @throws NodeError with the node's own refusal; BitcoinError `unreachable` | `unauthorized` | `closed`
   */
  async call(method: string, params: readonly unknown[] = [], patienceMs?: number): Promise<unknown> {
    const giveUpAt = performance.now() + (patienceMs ?? Infinity)
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      try {
        return await this.#attempt(method, params)
      } catch (error) {
        if (this.#closing.signal.aborted) throw new BitcoinError('closed', 'the wallet was closed')
        if (error instanceof NodeError || error instanceof BitcoinError) throw error
        if (performance.now() + pauseMs > giveUpAt) throw this.#unreachable(error)
      }
      await sleep(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }

  /** Ends all calls with `closed`; no socket and no timer is left. */
  close(): void {
    this.#closing.abort()
    for (const request of this.#underWay) request.destroy()
    this.#agent.destroy()
  }

  async #attempt(method: string, params: readonly unknown[]): Promise<unknown> {
    if (this.#closing.signal.aborted) throw new Error('closed')
    // 1.0, as Core has always answered it.
    const { status, body } = await this.#post(
      JSON.stringify({ jsonrpc: '1.0', id: this.#nextId++, method, params }),
    )
    if (status === 401 || status === 403) {
      throw new BitcoinError('unauthorized', `the node at ${this.origin} refuses our name and password`)
    }
    const answer = readAnswer(body)
    if (answer === undefined) throw new Error(`HTTP status ${status}, and no JSON-RPC answer`)
    if (answer.error === null) return answer.result
    if (answer.error.code === IN_WARM_UP) throw new Error(answer.error.message)
    throw new NodeError(method, answer.error.code, answer.error.message)
  }

  #post(body: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const send = this.#isTls ? httpsRequest : httpRequest
      const headers = { ...this.#headers, 'content-length': Buffer.byteLength(body) }
      const request = send(this.#url, { method: 'POST', agent: this.#agent, headers })
      this.#underWay.add(request)
      const impatient = setTimeout(() => {
        request.destroy(new Error(`no answer within ${this.#timeoutMs} ms`))
      }, this.#timeoutMs)
      request.once('error', reject)
      request.once('close', () => {
        clearTimeout(impatient)
        this.#underWay.delete(request)
      })
      request.once('response', (response) => {
        const status = response.statusCode ?? 0
        readBody(response).then(
          (text) => resolve({ status, body: text }),
          (error: unknown) => reject(error as Error),
        )
      })
      request.end(body)
    })
  }

  #unreachable(cause: unknown): BitcoinError {
    const why = cause instanceof Error ? cause.message : String(cause)
    return new BitcoinError('unreachable', `no Bitcoin node answers at ${this.origin}: ${why}`, { cause })
  }
}

/** Requests at a time; more wait in line. */
const SOCKETS_MAX = 4
const PAUSE_MIN_MS = 100
const PAUSE_MAX_MS = 10_000
/** Core's own code, while it loads. */
const IN_WARM_UP = -28
/** A full block of 4 MB in hex, and some more. */
const BODY_LENGTH_MAX = 9_000_000

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: string[] = []
  let length = 0
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > BODY_LENGTH_MAX) throw new Error('the answer is too long')
  }
  return chunks.join('')
}

interface Answer {
  readonly result: unknown
  readonly error: { readonly code: number; readonly message: string } | null
}

/** Undefined for what is no JSON-RPC answer: a proxy's error page, say. */
function readAnswer(body: string): Answer | undefined {
  try {
    const answer = JSON.parse(body) as Partial<Answer> | null
    if (typeof answer !== 'object' || answer === null) return undefined
    const { result = null, error = null } = answer
    if (error !== null && (typeof error.code !== 'number' || typeof error.message !== 'string'))
      return undefined
    return 'result' in answer || error !== null ? { result, error } : undefined
  } catch {
    return undefined
  }
}
