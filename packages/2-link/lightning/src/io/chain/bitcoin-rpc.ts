/**
 * What a node asks of its chain: the JSON-RPC that Bitcoin Core has made the common one. Layer 2, io.
 * A server may be wrong, or lie: here answers have their form, and whoever asks checks what they say.
 */
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
  #lastId = 0
  /** Packages are for servers since Bitcoin Core 26. */
  #takesPackages = true

  /** `http://user:password@host:port` */
  constructor(url: string) {
    const { username, password, origin, pathname } = new URL(url)
    this.#url = origin + pathname
    this.#headers = { 'content-type': 'application/json' }
    if (username === '') return
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    this.#headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`
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
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const response = await fetch(this.#url, { method: 'POST', headers: this.#headers, body, signal })
      status = response.status
      answer = status === 401 ? {} : ((await response.json()) as typeof answer)
    } catch (error) {
      const { message, cause } = error as Error
      const why = cause instanceof Error ? cause.message : message
      throw new LightningError('unavailable', `no chain at ${this.#url}: ${why}`, { cause: error })
    }
    if (status === 401) {
      throw new LightningError('chain', `the server at ${this.#url} refuses our name or password`)
    }
    if (answer.error) throw new RpcError(method, answer.error)
    return answer.result
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
