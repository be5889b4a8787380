/**
 * JSON-RPC to one node, as Bitcoin Core serves it, asked until it answers: everything may be asked twice, since a
 * transaction that is sent twice is one transaction. Layer 1, io.
 */
import { HttpNode, type HttpResponse, parseNodeUrl } from '@hourglass/ledger/io'
import { BitcoinError, NodeError } from './errors.ts'

export interface RpcOptions {
  /** `http://user:password@host:port`, or https. */
  readonly url: string
  /** An attempt without an answer ends after that long. */
  readonly timeoutMs: number
}

export class Rpc {
  /** Where the node is, without name and password. */
  readonly origin: string
  readonly #node: HttpNode
  #nextId = 1

  /** @throws UsageError where the URL is not one of HTTP */
  constructor({ url: text, timeoutMs }: RpcOptions) {
    const url = parseNodeUrl(text)
    const name = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    url.username = ''
    url.password = ''
    const { origin } = url
    this.origin = origin
    this.#node = new HttpNode({
      url,
      headers: {
        'content-type': 'application/json',
        ...(name === ':' ? {} : { authorization: `Basic ${Buffer.from(name).toString('base64')}` }),
      },
      timeoutMs,
      socketsMax: SOCKETS_MAX,
      bodyLengthMax: BODY_LENGTH_MAX,
      errors: {
        closed: () => new BitcoinError('closed', 'the wallet was closed'),
        unreachable: (why, cause) =>
          new BitcoinError('unreachable', `no Bitcoin node answers at ${origin}: ${why}`, { cause }),
        isFinal: (error) => error instanceof NodeError || error instanceof BitcoinError,
      },
    })
  }

  /**
   * Asks until the node answers, for `patienceMs` at most.
   * @throws NodeError with the node's own refusal; BitcoinError `unreachable` | `unauthorized` | `closed`
   */
  call(method: string, params: readonly unknown[] = [], patienceMs?: number): Promise<unknown> {
    // 1.0, as Core has always answered it.
    const newBody = (): string => JSON.stringify({ jsonrpc: '1.0', id: this.#nextId++, method, params })
    return this.#node.ask(newBody, (response) => this.#resultOf(method, response), patienceMs)
  }

  /** Ends all calls with `closed`; no socket and no timer is left. */
  close(): void {
    this.#node.close()
  }

  /** @throws NodeError | BitcoinError where the node refuses, Error where it may be asked again */
  #resultOf(method: string, { status, body }: HttpResponse): unknown {
    if (status === 401 || status === 403) {
      throw new BitcoinError('unauthorized', `the node at ${this.origin} refuses our name and password`)
    }
    const answer = readAnswer(body)
    if (answer === undefined) throw new Error(`HTTP status ${status}, and no JSON-RPC answer`)
    if (answer.error === null) return answer.result
    if (answer.error.code === IN_WARM_UP) throw new Error(answer.error.message)
    throw new NodeError(method, answer.error.code, answer.error.message)
  }
}

/** Requests at a time; more wait in line. */
const SOCKETS_MAX = 4
/** Core's own code, while it loads. */
const IN_WARM_UP = -28
/** A full block of 4 MB in hex, and some more. */
const BODY_LENGTH_MAX = 9_000_000

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
