/**
 * Texts posted to one node over HTTP, by Node's own client. Layer 1, io. What is in them is the adapter's.
 *
 * A node that does not answer is asked again, later and later, until it does: whoever asks sees a slow answer and not
 * an outage. So only what may be asked twice is asked here.
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

export interface HttpNodeOptions {
  readonly url: URL
  /** Besides the body's length. */
  readonly headers: Readonly<Record<string, string>>
  /** An attempt without an answer ends after that long. */
  readonly timeoutMs: number
  /** Requests at a time; more wait in line. */
  readonly socketsMax: number
  /** Characters of an answer. */
  readonly bodyLengthMax: number
  readonly errors: HttpNodeErrors
}

/** How the adapter says what ends a call. */
export interface HttpNodeErrors {
  /** `close` was called. */
  readonly closed: () => Error
  /** Nobody answers sensibly; `why` is the last attempt's reason. */
  readonly unreachable: (why: string, cause: unknown) => Error
  /** Whether the node has spoken, and asking again is of no use. */
  readonly isFinal: (error: unknown) => boolean
}

export interface HttpResponse {
  readonly status: number
  readonly body: string
}

/** @throws UsageError where the URL is not one of HTTP */
export function parseNodeUrl(url: string): URL {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageError('the URL of a node begins with http:// or https://')
  }
  return parsed
}

export class HttpNode {
  readonly #options: HttpNodeOptions
  readonly #agent: HttpAgent
  readonly #closing = new AbortController()
  readonly #underWay = new Set<ClientRequest>()

  constructor(options: HttpNodeOptions) {
    this.#options = options
    const agentOptions = { keepAlive: true, maxSockets: options.socketsMax }
    this.#agent = this.#isTls ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)
  }

  get #isTls(): boolean {
    return this.#options.url.protocol === 'https:'
  }

  /**
   * Posts what `newBody` says, and reads the answer by `read`, until that does not throw or throws what is final, for
   * `patienceMs` at most.
   * @throws what `errors` makes, and what is final
   */
  async ask<Result>(
    newBody: () => string,
    read: (response: HttpResponse) => Result,
    patienceMs?: number,
  ): Promise<Result> {
    const { errors } = this.#options
    const giveUpAt = performance.now() + (patienceMs ?? Infinity)
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      try {
        if (this.#closing.signal.aborted) throw errors.closed()
        return read(await this.#post(newBody()))
      } catch (error) {
        if (this.#closing.signal.aborted) throw errors.closed()
        if (errors.isFinal(error)) throw error
        if (performance.now() + pauseMs > giveUpAt) {
          throw errors.unreachable(error instanceof Error ? error.message : String(error), error)
        }
      }
      await sleep(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }

  /** Ends all calls; no socket and no timer is left. */
  close(): void {
    this.#closing.abort()
    for (const request of this.#underWay) request.destroy()
    this.#agent.destroy()
  }

  #post(body: string): Promise<HttpResponse> {
    const { url, timeoutMs, bodyLengthMax } = this.#options
    return new Promise((resolve, reject) => {
      const send = this.#isTls ? httpsRequest : httpRequest
      const headers = { ...this.#options.headers, 'content-length': Buffer.byteLength(body) }
      const request = send(url, { method: 'POST', agent: this.#agent, headers })
      this.#underWay.add(request)
      const impatient = setTimeout(() => {
        request.destroy(new Error(`no answer within ${timeoutMs} ms`))
      }, timeoutMs)
      request.once('error', reject)
      request.once('close', () => {
        clearTimeout(impatient)
        this.#underWay.delete(request)
      })
      request.once('response', (response) => {
        const status = response.statusCode ?? 0
        readBody(response, bodyLengthMax).then(
          (text) => resolve({ status, body: text }),
          (error: unknown) => reject(error as Error),
        )
      })
      request.end(body)
    })
  }
}

const PAUSE_MIN_MS = 100
const PAUSE_MAX_MS = 10_000

async function readBody(response: IncomingMessage, lengthMax: number): Promise<string> {
  const chunks: string[] = []
  let length = 0
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > lengthMax) throw new Error('the answer is too long')
  }
  return chunks.join('')
}
