/**
 * Core Lightning's JSON-RPC by way of its plugin clnrest: a POST for each call, with a rune. Layer 2, io.
 * Errors are those of the call: `{ code, message }`.
 */
import { UsageError } from '@hourglass/sansio'
import { DaemonHttp } from '../daemon/http.ts'
import { Fields } from '../daemon/json.ts'
import { LightningError } from '../lightning-error.ts'

export interface ClnAccess {
  /** `https://host:3010` */
  readonly url: string
  /** `ca.pem` or `server.pem` of clnrest. */
  readonly tlsCertificate?: string | undefined
  /** One that allows the methods that are called. */
  readonly rune: string
}

/** Of lightningd. */
export const NO_SUCH_PAYMENT = 208
export const PAYMENT_NOT_ENDED = 200
export const NO_INVOICE_PAID = 904

const UNAUTHORIZED = new Set([401, 403])

/** The call was understood, and refused. */
export class ClnRefusal extends LightningError {
  readonly rpcCode: number

  constructor(rpcCode: number, message: string) {
    super('refused', `Core Lightning: ${message}`)
    this.rpcCode = rpcCode
  }
}

export class ClnClient {
  readonly #http: DaemonHttp

  constructor({ url, tlsCertificate, rune }: ClnAccess) {
    // What else is in a header would be another header.
    if (!/^[\x21-\x7e]+$/.test(rune)) throw new UsageError('the rune of Core Lightning is empty, or is none')
    this.#http = new DaemonHttp({ name: 'Core Lightning', url, tlsCertificate, headers: { rune } })
  }

  /** @throws LightningError `unavailable` | `unauthorized` | `wrong-certificate`, or a ClnRefusal */
  async call(method: string, params: object = {}, options: CallOptions = {}): Promise<Fields> {
    const request = { method: 'POST', path: `/v1/${method}`, body: params, ...options } as const
    const { status, body } = await this.#http.ask(request)
    if (typeof body !== 'object' || body === null) throw this.unavailable(`answers ${status}, and no JSON`)
    const fields = new Fields(body)
    if (status < 400) return fields
    const message = fields.text('message')
    if (UNAUTHORIZED.has(status)) {
      throw new LightningError(
        'unauthorized',
        `Core Lightning does not take this rune for ${method}: ${message}`,
      )
    }
    // lightningd itself could not be asked, or what is between us has no such codes.
    if (!fields.has('code')) throw this.unavailable(message === '' ? `answers ${status}` : message)
    throw new ClnRefusal(fields.count('code'), message)
  }

  unavailable(why: string): LightningError {
    return this.#http.unavailable(why)
  }

  close(): void {
    this.#http.close()
  }
}

interface CallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}
