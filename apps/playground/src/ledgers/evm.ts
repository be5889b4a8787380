/** The EVM chain of this world, asked by plain JSON-RPC. */
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import { deployPayChan } from '@hourglass/ledger-evm/io'
import type { LedgerInput, LedgerName, NodeName } from '../cast.ts'
import { ask } from '../http.ts'
import { step } from '../terminal.ts'
import type { Activity, WorldLedger } from './ledger.ts'

const [DEPLOYER, ...OTHERS] = DEV_ACCOUNTS
const ACCOUNTS = { acme: OTHERS[0], bolt: OTHERS[1], cove: OTHERS[2], dune: OTHERS[3] } satisfies Record<
  NodeName,
  unknown
>

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

export class EvmLedger implements WorldLedger {
  readonly name: LedgerName = 'evm'
  readonly #chain: DevChain
  readonly #contract: string
  readonly #start: number
  #lastId = 0

  private constructor(chain: DevChain, contract: string, start: number) {
    this.#chain = chain
    this.#contract = contract
    this.#start = start
  }

  static async start(): Promise<EvmLedger> {
    const chain = await startDevChain()
    const { url: rpcUrl } = chain
    const contract = await deployPayChan({ rpcUrl, privateKey: DEPLOYER.privateKey })
    step('L1 ledger', 'evm', `an EVM chain is up at ${rpcUrl}`)
    step('L1 ledger', 'evm', `PayChan contract ${contract}`)
    return new EvmLedger(chain, contract, Number(await chain.request('eth_blockNumber', [])))
  }

  config(node: NodeName): LedgerInput {
    const { privateKey } = ACCOUNTS[node]
    // The chain makes a block per transaction and is ours alone, so the first block is final.
    const { url: rpcUrl } = this.#chain
    return { kind: 'evm', rpcUrl, contract: this.#contract, privateKey, confirmations: 1, pollMs: 100 }
  }

  async balance(node: NodeName): Promise<bigint> {
    return this.#balance(ACCOUNTS[node].address)
  }

  async escrow(): Promise<bigint> {
    return this.#balance(this.#contract)
  }

  async activity(): Promise<Activity> {
    let escrowed = 0n
    let transactions = 0
    const fees = new Map<string, bigint>()
    const height = Number(await this.#call<string>('eth_blockNumber', []))
    for (let number = this.#start + 1; number <= height; number++) {
      const block = await this.#call<RpcBlock>('eth_getBlockByNumber', [`0x${number.toString(16)}`, true])
      for (const { hash, from, to, value } of block.transactions) {
        const receipt = await this.#call<RpcReceipt>('eth_getTransactionReceipt', [hash])
        const fee = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice)
        fees.set(from, (fees.get(from) ?? 0n) + fee)
        transactions++
        const isDeposit = receipt.status === '0x1' && to === this.#contract.toLowerCase()
        if (isDeposit) escrowed += BigInt(value)
      }
    }
    const feesOf = (node: NodeName): bigint => fees.get(ACCOUNTS[node].address.toLowerCase()) ?? 0n
    return { transactions, escrowed, closedChannels: 0, fees: feesOf }
  }

  async stop(): Promise<void> {
    await this.#chain.stop()
  }

  async #balance(address: string): Promise<bigint> {
    return BigInt(await this.#call<string>('eth_getBalance', [address, 'latest']))
  }

  async #call<T>(method: string, params: readonly unknown[]): Promise<T> {
    const answer = await ask('the chain', this.#chain.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: ++this.#lastId, method, params }),
    })
    const { result, error } = answer as { result?: T; error?: { message: string } }
    if (result === undefined) throw new Error(`${method}: ${error?.message ?? 'no result'}`)
    return result
  }
}
