/**
 * LND's REST interface: JSON names as in its protocol buffers, 64-bit numbers as text, octets in base64. Layer 2, io.
 * Errors are gRPC's: `{ code, message }`, in streams `{ error }`.
 */
import { encodeBase64 } from '@hourglass/oer'
import { UsageError } from '@hourglass/sansio'
import { type Answer, DaemonHttp, type DaemonRequest } from '../daemon/http.ts'
import { Fields } from '../daemon/json.ts'
import { LightningError } from '../lightning-error.ts'

export interface LndAccess {
  /** `https://host:8080` */
  readonly url: string
  /** `tls.cert`, in PEM. */
  readonly tlsCertificate?: string | undefined
  /** Hex digits of a macaroon that may do what is asked: `admin.macaroon`, or one baked for it. */
  readonly macaroon: string
}

/** Of gRPC. */
export const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const UNAUTHENTICATED = 16
/** Canceled, deadline exceeded, internal, unavailable, data loss: nobody knows what has become of it. */
const UNKNOWN_OUTCOMES = new Set([1, 4, 13, 14, 15])

/** LND has understood, and will not. */
export class LndRefusal extends LightningError {
  readonly grpcCode: number

  constructor(grpcCode: number, message: string) {
    super('refused', `LND: ${message}`)
    this.grpcCode = grpcCode
  }
}

export class LndClient {
  readonly #http: DaemonHttp

  constructor({ url, tlsCertificate, macaroon }: LndAccess) {
    if (!/^(?:[0-9a-f]{2})+$/i.test(macaroon))
      throw new UsageError('the macaroon of LND is not in hex digits')
    const headers = { 'grpc-metadata-macaroon': macaroon }
    this.#http = new DaemonHttp({ name: 'LND', url, tlsCertificate, headers })
  }

  async ask(request: DaemonRequest): Promise<Fields> {
    return this.#read(await this.#http.ask(request))
  }

  get(path: string): Promise<Fields> {
    return this.ask({ method: 'GET', path })
  }

  post(path: string, body: object): Promise<Fields> {
    return this.ask({ method: 'POST', path, body })
  }

  /** The results of a stream. */
  async *stream(request: DaemonRequest): AsyncGenerator<Fields> {
    for await (const line of this.#http.lines(request)) yield this.#read(line).at('result')
  }

  /**
   * Whether it takes this macaroon: LND has no code of its own for one that it does not.
   * @throws LightningError `unauthorized`, also where LND is up and will not say who it is
   */
  async greet(): Promise<Fields> {
    try {
      return await this.get('/v1/getinfo')
    } catch (error) {
      if (!(error instanceof LndRefusal)) throw error
      // Needs no macaroon.
      const state = (await this.get('/v1/state')).text('state')
      if (!READY.has(state)) throw this.unavailable(`its state is ${state}`)
      throw new LightningError('unauthorized', `${error.message}: is this the macaroon of this LND?`)
    }
  }

  unavailable(why: string): LightningError {
    return this.#http.unavailable(why)
  }

  close(): void {
    this.#http.close()
  }

  #read({ status, body }: Answer): Fields {
    if (typeof body !== 'object' || body === null) throw this.unavailable(`answers ${status}, and no JSON`)
    const fields = new Fields(body)
    const error = fields.has('error') && !fields.has('code') ? fields.at('error') : fields
    if (status < 400 && !fields.has('error')) return fields
    // What is between us and LND has no such codes.
    if (!error.has('code')) throw this.unavailable(`answers ${status}`)
    const [code, message] = [error.count('code'), error.text('message')]
    if (UNKNOWN_OUTCOMES.has(code)) throw this.unavailable(message)
    if (code === PERMISSION_DENIED || code === UNAUTHENTICATED) {
      throw new LightningError('unauthorized', `LND does not take this macaroon: ${message}`)
    }
    throw new LndRefusal(code, message)
  }
}

/** Octets in a path: base64 of either alphabet, and always padded. */
export function inPath(octets: Uint8Array): string {
  return encodeBase64(octets).replaceAll('+', '-').replaceAll('/', '_')
}

const READY = new Set(['RPC_ACTIVE', 'SERVER_ACTIVE'])
