/** What a node asks of its chain: the JSON-RPC that Bitcoin Core has made the common one. Layer 2, io. */
import { LightningError } from '../lightning-error.ts'

const TIMEOUT_MS = 10_000

export class BitcoinRpc {
  readonly #url: string
  readonly #headers: Record<string, string>
  #lastId = 0

  /** `http://user:password@host:port` */
  constructor(url: string) {
    const { username, password, origin, pathname } = new URL(url)
    this.#url = origin + pathname
    this.#headers = { 'content-type': 'application/json' }
    if (username === '') return
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    this.#headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`
  }

  height(): Promise<number> {
    return this.#call('getblockcount')
  }

  /** 64 hex digits, as people write them. */
  blockHash(height: number): Promise<string> {
    return this.#call('getblockhash', height)
  }

  async block(hash: string): Promise<Uint8Array> {
    return Buffer.from(await this.#call<string>('getblock', hash, 0), 'hex')
  }

  /** 80 bytes; also of a block that is no longer in the chain. */
  async header(hash: string): Promise<Uint8Array> {
    return Buffer.from(await this.#call<string>('getblockheader', hash, false), 'hex')
  }

  send(transaction: Uint8Array): Promise<string> {
    return this.#call('sendrawtransaction', Buffer.from(transaction).toString('hex'))
  }

  /** Satoshi per 1000 weight units; undefined where the server has seen too little to say. */
  async feeRate(blocks: number): Promise<number | undefined> {
    const { feerate } = await this.#call<{ feerate?: number }>('estimatesmartfee', blocks)
    if (feerate === undefined || feerate <= 0) return undefined
    return Math.ceil((feerate * SAT_PER_BTC) / WEIGHT_UNITS_PER_BYTE / 1000)
  }

  /** @throws LightningError `unavailable` | `chain` */
  async #call<Result>(method: string, ...params: unknown[]): Promise<Result> {
    const body = JSON.stringify({ jsonrpc: '1.0', id: ++this.#lastId, method, params })
    let answer: { result: Result; error: { message: string } | null }
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const response = await fetch(this.#url, { method: 'POST', headers: this.#headers, body, signal })
      if (response.status === 401) throw new Error('the server refuses our name or password')
      answer = (await response.json()) as typeof answer
    } catch (error) {
      const { message } = error as Error
      throw new LightningError('unavailable', `no chain at ${this.#url}: ${message}`, { cause: error })
    }
    if (answer.error !== null) throw new LightningError('chain', `${method}: ${answer.error.message}`)
    return answer.result
  }
}

const SAT_PER_BTC = 100_000_000
/** Of witness-free bytes. */
const WEIGHT_UNITS_PER_BYTE = 4
