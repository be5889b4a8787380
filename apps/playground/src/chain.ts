/**
 * The chain, asked directly: what the ledger itself says, apart from what our programs say of it.
 * Plain JSON-RPC, so that the check shares no code with what it checks.
 */
import { ask } from './http.ts'

/** One transaction that is in a block. Amounts in wei. */
export interface ChainTransaction {
  readonly hash: string
  readonly from: string
  readonly to: string | null
  readonly value: bigint
  readonly fee: bigint
  readonly succeeded: boolean
}

interface RpcBlock {
  readonly transactions: readonly {
    readonly hash: string
    readonly from: string
    readonly to: string | null
    readonly value: string
  }[]
}

interface RpcReceipt {
  readonly gasUsed: string
  readonly effectiveGasPrice: string
  readonly status: string
}

export class Chain {
  readonly #url: string
  #lastId = 0

  constructor(url: string) {
    this.#url = url
  }

  async balance(address: string): Promise<bigint> {
    return BigInt(await this.#call<string>('eth_getBalance', [address, 'latest']))
  }

  async height(): Promise<number> {
    return Number(await this.#call<string>('eth_blockNumber', []))
  }

  /** All transactions after block `height`, oldest first. */
  async transactionsSince(height: number): Promise<ChainTransaction[]> {
    const found: ChainTransaction[] = []
    for (let number = height + 1; number <= (await this.height()); number++) {
      const block = await this.#call<RpcBlock>('eth_getBlockByNumber', [`0x${number.toString(16)}`, true])
      for (const { hash, from, to, value } of block.transactions) {
        const receipt = await this.#call<RpcReceipt>('eth_getTransactionReceipt', [hash])
        const fee = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice)
        found.push({ hash, from, to, value: BigInt(value), fee, succeeded: receipt.status === '0x1' })
      }
    }
    return found
  }

  async #call<T>(method: string, params: readonly unknown[]): Promise<T> {
    const answer = await ask('the chain', this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: ++this.#lastId, method, params }),
    })
    const { result, error } = answer as { result?: T; error?: { message: string } }
    if (result === undefined) throw new Error(`${method}: ${error?.message ?? 'no result'}`)
    return result
  }
}
