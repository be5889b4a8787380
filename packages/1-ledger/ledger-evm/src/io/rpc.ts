/**
 * JSON-RPC to one node, asked until it answers: for Ethereum everything may be asked twice, a signed transaction
 * included. Layer 1, io. Spec: JSON-RPC 2.0.
 */
import { HttpNode, type HttpResponse, parseNodeUrl } from '@hourglass/ledger/io'
import { EvmError, NodeError } from './errors.ts'

export interface RpcOptions {
  readonly url: string
  /** An attempt without an answer ends after that long. */
  readonly timeoutMs: number
}

export class Rpc {
  readonly #node: HttpNode
  #nextId = 1

  /** @throws UsageError where the URL is not one of HTTP */
  constructor({ url: text, timeoutMs }: RpcOptions) {
    const url = parseNodeUrl(text)
    this.#node = new HttpNode({
      url,
      headers: { 'content-type': 'application/json' },
      timeoutMs,
      socketsMax: SOCKETS_MAX,
      bodyLengthMax: BODY_LENGTH_MAX,
      errors: {
        closed: () => new EvmError('closed', 'the ledger was closed'),
        unreachable: (why, cause) =>
          new EvmError('unreachable', `no EVM node answers at ${url.origin}: ${why}`, { cause }),
        isFinal: (error) => error instanceof NodeError,
      },
    })
  }

  /**
   * Asks until the node answers, for `patienceMs` at most.
   * @throws NodeError with the node's own refusal; EvmError `unreachable` | `closed`
   */
  async call<Result>(method: string, params: readonly unknown[], patienceMs?: number): Promise<Result> {
    const newBody = (): string => JSON.stringify({ jsonrpc: '2.0', id: this.#nextId++, method, params })
    return (await this.#node.ask(newBody, (response) => resultOf(method, response), patienceMs)) as Result
  }

  /** Ends all calls with `closed`; no socket and no timer is left. */
  close(): void {
    this.#node.close()
  }
}

/** Requests at a time; more wait in line. */
const SOCKETS_MAX = 8
/** "Limit exceeded" of EIP-1474. */
const TRY_LATER = new Set([-32005])
/** Far more than any answer we ask for. */
const BODY_LENGTH_MAX = 8_000_000

/** @throws NodeError where the node refuses, Error where it may be asked again */
function resultOf(method: string, { status, body }: HttpResponse): unknown {
  const answer = readAnswer(body)
  if (answer === undefined) throw new Error(`HTTP status ${status}, and no JSON-RPC answer`)
  if (!('error' in answer)) return answer.result
  const { code, message, data } = answer.error
  if (TRY_LATER.has(code) || status === 429) throw new Error(`too many requests: ${message}`)
  throw new NodeError(method, message, typeof data === 'string' ? data : undefined)
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
