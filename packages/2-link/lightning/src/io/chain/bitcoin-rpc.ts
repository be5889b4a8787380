/**
 * What a node asks of its chain: the JSON-RPC that Bitcoin Core has made the common one. Layer 2, io.
 * A server may be wrong, or lie: here answers have their form, and whoever asks checks what they say.
 */
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { LightningError } from '../lightning-error.ts'

const TIMEOUT_MS = 10_000
const HASH = /^[0-9a-f]{64}$/
const HEX = /^([0-9a-f]{2})+$/

/** Core's codes: https://github.com/bitcoin/bitcoin/blob/master/src/rpc/protocol.h */
const METHOD_NOT_FOUND = -32601
const NOT_FOUND = -5

export class BitcoinRpc {
  readonly #url: string
  readonly #headers: Record<string, string>
  readonly #agent: HttpAgent
  #lastId = 0
  /** Packages are for servers since Bitcoin Core 26. */
  #takesPackages = true

  /** `http://user:password@host:port` */
  constructor(url: string) {
    const { username, password, origin, pathname } = new URL(url)
    this.#url = origin + pathname
    this.#headers = { 'content-type': 'application/json' }
    const Agent = this.#isTls ? HttpsAgent : HttpAgent
    this.#agent = new Agent({ keepAlive: true })
    if (username === '') return
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    this.#headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`
  }

  get #isTls(): boolean {
    return this.#url.startsWith('https:')
  }

  async height(): Promise<number> {
    const height = await this.#call('getblockcount')
    if (!Number.isSafeInteger(height) || (height as number) < 0) throw nonsense('getblockcount')
    return height as number
  }

  /** 64 hex digits, as people write them. */
  async blockHash(height: number): Promise<string> {
    const hash = await this.#call('getblockhash', height)
    if (typeof hash !== 'string' || !HASH.test(hash)) throw nonsense('getblockhash')
    return hash
  }

  block(hash: string): Promise<Uint8Array> {
    return this.#bytes('getblock', hash, 0)
  }

  /** 80 bytes; also of a block that is no longer in the chain. Undefined: the server has never seen it. */
  async header(hash: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#bytes('getblockheader', hash, false)
    } catch (error) {
      if (error instanceof RpcError && error.rpcCode === NOT_FOUND) return undefined
      throw error
    }
  }

  /** Whether a block has made the output, and none has spent it. */
  async hasOutput(txid: string, index: number): Promise<boolean> {
    return (await this.#call('gettxout', txid, index, false)) !== null
  }

  /** Transactions that belong together, parents first: a child may pay for its parents. */
  async send(transactions: readonly Uint8Array[]): Promise<void> {
    const hexes = transactions.map((raw) => Buffer.from(raw).toString('hex'))
    if (hexes.length > 1 && this.#takesPackages) {
      try {
        await this.#sendPackage(hexes)
        return
      } catch (error) {
        if (!(error instanceof RpcError) || error.rpcCode !== METHOD_NOT_FOUND) throw error
        this.#takesPackages = false
      }
    }
    for (const hex of hexes) await this.#call('sendrawtransaction', hex)
  }

  /** Satoshi per 1000 weight units; undefined where the server has seen too little to say. */
  async feeRate(blocks: number): Promise<number | undefined> {
    const { feerate } = (await this.#call('estimatesmartfee', blocks)) as { feerate?: unknown }
    return perWeight(feerate)
  }

  /** What a transaction must pay for the server to take it, in the same unit. */
  async feeRateMin(): Promise<number | undefined> {
    const { mempoolminfee } = (await this.#call('getmempoolinfo')) as { mempoolminfee?: unknown }
    return perWeight(mempoolminfee)
  }

  async #sendPackage(hexes: readonly string[]): Promise<void> {
    const answer = (await this.#call('submitpackage', hexes)) as { package_msg?: string }
    if (answer.package_msg === 'success') return
    throw new LightningError('chain', `submitpackage: ${answer.package_msg}`)
  }

  async #bytes(method: string, ...params: unknown[]): Promise<Uint8Array> {
    const hex = await this.#call(method, ...params)
    if (typeof hex !== 'string' || !HEX.test(hex)) throw nonsense(method)
    return Buffer.from(hex, 'hex')
  }

  /** @throws LightningError `unavailable` | `chain` */
  async #call(method: string, ...params: unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '1.0', id: ++this.#lastId, method, params })
    let status: number
    let answer: { result?: unknown; error?: { code: number; message: string } | null }
    try {
      const response = await this.#post(body)
      status = response.status
      answer = status === 401 ? {} : (JSON.parse(response.body) as typeof answer)
    } catch (error) {
      const { message } = error as Error
      throw new LightningError('unavailable', `no chain at ${this.#url}: ${message}`, { cause: error })
    }
    if (status === 401) {
      throw new LightningError('chain', `the server at ${this.#url} refuses our name or password`)
    }
    if (answer.error) throw new RpcError(method, answer.error)
    return answer.result
  }

  /** Less work than `fetch`, many times a second where the chain is new. */
  #post(body: string): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.#headers, 'content-length': Buffer.byteLength(body) }
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const options = { method: 'POST', agent: this.#agent, headers, signal }
      const request = (this.#isTls ? httpsRequest : httpRequest)(this.#url, options, (response) => {
        const status = response.statusCode ?? 0
        text(response).then((content) => resolve({ status, body: content }), reject)
      })
      request.once('error', (error: NodeJS.ErrnoException) => {
        // The server has closed a line that was idle; whatever is asked may be asked twice.
        if (request.reusedSocket && error.code === 'ECONNRESET') this.#post(body).then(resolve, reject)
        else reject(error)
      })
      request.end(body)
    })
  }
}

/** The server understood, and refused. */
class RpcError extends LightningError {
  readonly rpcCode: number

  constructor(method: string, { code, message }: { code: number; message: string }) {
    super('chain', `${method}: ${message}`)
    this.rpcCode = code
  }
}

function nonsense(method: string): LightningError {
  return new LightningError('chain', `the server answers ${method} with nonsense`)
}

function perWeight(bitcoinPerKilobyte: unknown): number | undefined {
  if (typeof bitcoinPerKilobyte !== 'number' || !(bitcoinPerKilobyte > 0)) return undefined
  return Math.ceil((bitcoinPerKilobyte * SAT_PER_BTC) / WEIGHT_UNITS_PER_BYTE - ROUNDING)
}

const SAT_PER_BTC = 100_000_000
/** Of witness-free bytes. */
const WEIGHT_UNITS_PER_BYTE = 4
/** What floats add. */
const ROUNDING = 1e-6
