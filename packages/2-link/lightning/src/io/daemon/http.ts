/**
 * JSON over HTTPS to one daemon, whose certificate is known beforehand. Layer 2, io.
 * Nothing is asked twice here: whoever asks knows what may be.
 */
import { X509Certificate } from 'node:crypto'
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { checkServerIdentity } from 'node:tls'
import { UsageError } from '@hourglass/sansio'
import { LightningError } from '../lightning-error.ts'
import { parseJson } from './json.ts'

/** An answer, or a line of a stream, has no more. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
/** A request without an answer ends after as long, unless it says otherwise. */
const TIMEOUT_MS = 30_000
/** Finds out that a line is dead on which nothing is said for hours. */
const KEEP_ALIVE_MS = 30_000
const SOCKETS_MAX = 256

export interface DaemonOptions {
  /** What it is called in messages. */
  readonly name: string
  readonly url: string
  /** PEM: its own, or that of the authority that has signed it; without it, the authorities that Node knows. */
  readonly tlsCertificate?: string | undefined
  /** Who we are. */
  readonly headers: Readonly<Record<string, string>>
}

export interface DaemonRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  /** JSON; undefined where it was none. */
  readonly body: unknown
}

export class DaemonHttp {
  readonly #options: DaemonOptions
  readonly #url: URL
  readonly #agent: HttpAgent

  /** @throws UsageError where the options cannot be meant */
  constructor(options: DaemonOptions) {
    this.#options = options
    this.#url = checkUrl(options)
    const sockets = { keepAlive: true, maxSockets: SOCKETS_MAX }
    this.#agent = this.#isTls ? new HttpsAgent({ ...sockets, ...pinned(options) }) : new HttpAgent(sockets)
  }

  get #isTls(): boolean {
    return this.#url.protocol === 'https:'
  }

  /** @throws LightningError `unavailable` | `wrong-certificate` */
  async ask(request: DaemonRequest): Promise<Answer> {
    const response = await this.#open({ timeoutMs: TIMEOUT_MS, ...request })
    try {
      let text = ''
      for await (const chunk of response as AsyncIterable<string>) text = this.#join(text, chunk)
      return { status: response.statusCode ?? 0, body: parseJson(text) }
    } catch (error) {
      throw this.#errorOf(error)
    }
  }

  /** Each line of an answer that has no end of its own. @throws LightningError as `ask`, also amid them */
  async *lines(request: DaemonRequest): AsyncGenerator<Answer> {
    const response = await this.#open(request)
    const status = response.statusCode ?? 0
    try {
      let text = ''
      for await (const chunk of response as AsyncIterable<string>) {
        const lines = this.#join(text, chunk).split('\n')
        text = lines.pop()!
        for (const line of lines) if (line.trim() !== '') yield { status, body: parseJson(line) }
      }
      if (text.trim() !== '') yield { status, body: parseJson(text) }
    } catch (error) {
      throw this.#errorOf(error)
    } finally {
      response.destroy()
    }
  }

  /** Says in one line that the daemon did not answer sensibly. */
  unavailable(why: string, cause?: unknown): LightningError {
    const message = `${this.#options.name} at ${this.#url.host}: ${why}`
    return new LightningError('unavailable', message, cause === undefined ? undefined : { cause })
  }

  close(): void {
    this.#agent.destroy()
  }

  #open({ method, path, body, timeoutMs, signal }: DaemonRequest): Promise<IncomingMessage> {
    const content = body === undefined ? '' : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const headers = {
        ...this.#options.headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(content),
      }
      const url = new URL(path, this.#url)
      const options = { method, agent: this.#agent, headers, ...(signal && { signal }) }
      const request = (this.#isTls ? httpsRequest : httpRequest)(url, options)
      if (timeoutMs !== undefined) endAfter(request, timeoutMs)
      request.once('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS))
      request.on('error', (error) => reject(this.#errorOf(error)))
      request.once('response', (response) => {
        response.setEncoding('utf8')
        resolve(response)
      })
      request.end(content)
    })
  }

  #join(text: string, chunk: string): string {
    if (text.length + chunk.length > ANSWER_BYTES_MAX) throw this.unavailable('the answer is too long')
    return text + chunk
  }

  #errorOf(error: unknown): LightningError {
    if (error instanceof LightningError) return error
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!CERTIFICATE_FAULTS.has(code)) return this.unavailable(message, error)
    const { name } = this.#options
    const text = `whoever answers at ${this.#url.host} does not have the certificate of this ${name} (${code})`
    return new LightningError('wrong-certificate', text, { cause: error })
  }
}

const CERTIFICATE_FAULTS = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

function endAfter(request: ClientRequest, timeoutMs: number): void {
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  request.once('close', () => clearTimeout(timer))
}

function checkUrl({ url, name }: DaemonOptions): URL {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username + parsed.password !== '') {
    throw new UsageError(`the URL of ${name} begins with https://, and holds no credentials`)
  }
  const isLocal = ['127.0.0.1', '[::1]', 'localhost'].includes(parsed.hostname)
  if (parsed.protocol === 'http:' && !isLocal) {
    throw new UsageError(
      `over http:// to ${parsed.host}, everybody on the way could spend the money of ${name}`,
    )
  }
  return parsed
}

/** Who has this very certificate is the daemon, whatever it is called; who was signed by it needs the right name. */
function pinned({ tlsCertificate, name }: DaemonOptions): object {
  if (tlsCertificate === undefined) return {}
  let fingerprint: string
  try {
    fingerprint = new X509Certificate(tlsCertificate).fingerprint256
  } catch {
    throw new UsageError(`the certificate of ${name} is not in PEM`)
  }
  return {
    ca: tlsCertificate,
    allowPartialTrustChain: true,
    checkServerIdentity: (host: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      certificate.fingerprint256 === fingerprint ? undefined : checkServerIdentity(host, certificate),
  }
}
