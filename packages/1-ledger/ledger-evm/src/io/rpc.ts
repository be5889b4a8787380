/**
 * JSON-RPC over HTTP to one node. Layer 1, io. Spec: JSON-RPC 2.0; HTTP by Node's own client.
 *
 * A node that does not answer is asked again, later and later, until it does: whoever asks sees a slow answer
 * and not an outage. So only what may be asked twice is asked here; for Ethereum that is everything, a signed
 * transaction included.
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
import { EvmError, NodeError } from './errors.ts'

export interface RpcOptions {
  readonly url: string
  /** An attempt without an answer ends after that long. */
  readonly timeoutMs: number
}

export class Rpc {
  readonly #url: URL
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
    this.#url = parsed
    this.#timeoutMs = timeoutMs
    const options = { keepAlive: true, maxSockets: SOCKETS_MAX }
    this.#agent = this.#isTls ? new HttpsAgent(options) : new HttpAgent(options)
  }

  get #isTls(): boolean {
    return this.#url.protocol === 'https:'
  }

  /**
   * Asks until the node answers, for `patienceMs` at most.
   * @throws NodeError with the node's own refusal; EvmError `unreachable` | `closed`
   */
  async call<Result>(method: string, params: readonly unknown[], patienceMs?: number): Promise<Result> {
    const giveUpAt = performance.now() + (patienceMs ?? Infinity)
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      try {
        return (await this.#attempt(method, params)) as Result
      } catch (error) {
        if (this.#closing.signal.aborted) throw new EvmError('closed', 'the ledger was closed')
        if (error instanceof NodeError) throw error
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
    const response = await this.#post(JSON.stringify({ jsonrpc: '2.0', id: this.#nextId++, method, params }))
    const answer = readAnswer(response.body)
    if (answer === undefined) throw new Error(`HTTP status ${response.status}, and no JSON-RPC answer`)
    if (!('error' in answer)) return answer.result
    const { code, message, data } = answer.error
    if (TRY_LATER.has(code) || response.status === 429) throw new Error(`too many requests: ${message}`)
    throw new NodeError(method, message, typeof data === 'string' ? data : undefined)
  }

  #post(body: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const send = this.#isTls ? httpsRequest : httpRequest
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
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

  #unreachable(cause: unknown): EvmError {
    const why = cause instanceof Error ? cause.message : String(cause)
    return new EvmError('unreachable', `no EVM node answers at ${this.#url.origin}: ${why}`, { cause })
  }
}

/** Requests at a time; more wait in line. */
const SOCKETS_MAX = 8
const PAUSE_MIN_MS = 100
const PAUSE_MAX_MS = 10_000
/** "Limit exceeded" of EIP-1474. */
const TRY_LATER = new Set([-32005])
/** Far more than any answer we ask for. */
const BODY_LENGTH_MAX = 8_000_000

async function readBody(response: IncomingMessage): Promise<string> {
  let text = ''
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    text += chunk
    if (text.length > BODY_LENGTH_MAX) throw new Error('the answer is too long')
  }
  return text
}

type Answer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }

/** Undefined for what is no JSON-RPC answer: a proxy's error page, say. */
function readAnswer(body: string): Answer | undefined {
  try {
    const answer = JSON.parse(body) as Partial<{ result: unknown; error: object }> | null
    if (typeof answer !== 'object' || answer === null) return undefined
    if (typeof answer.error === 'object') return answer as Answer
    return 'result' in answer ? (answer as Answer) : undefined
  } catch {
    return undefined
  }
}
