/**
 * The Bitcoin chain of this world, asked by plain JSON-RPC. Nodes have their channels on it by themselves: what
 * became of their money is read off its blocks, from one output to the next.
 */
import { setInterval } from 'node:timers/promises'
import { type BitcoinRegtest, startBitcoinRegtest } from '@hourglass/bitcoin-regtest'
import { type LedgerInput, type LedgerName, NODES, type NodeName, type Ports } from '../cast.ts'
import { ChildError } from '../processes.ts'
import { step } from '../terminal.ts'
import { BitcoinFlows, type Block } from './bitcoin-flows.ts'
import type { Activity, WorldLedger } from './ledger.ts'

/** Known to everyone: money that these keys hold on a public network is gone. */
const SEEDS = Object.fromEntries(NODES.map((node, i) => [node, `${'00'.repeat(31)}0${i + 1}`])) as Readonly<
  Record<NodeName, string>
>
/** What each has to begin with, in satoshi. */
const FUNDS = 100_000_000n
/** The real one takes ten minutes. */
const BLOCK_MS = 200
const POLL_MS = 100

export class BitcoinLedger implements WorldLedger {
  readonly name: LedgerName = 'bitcoin'
  readonly #chain: BitcoinRegtest
  readonly #flows = new BitcoinFlows<NodeName>()
  readonly #mining = new AbortController()
  readonly #miner: Promise<void>
  /** Of the newest block that `flows` has seen. */
  #height: number

  private constructor(chain: BitcoinRegtest, height: number) {
    this.#chain = chain
    this.#height = height
    this.#miner = this.#mine()
  }

  static async start(): Promise<BitcoinLedger> {
    const chain = await startBitcoinRegtest()
    step('L1 ledger', 'bitcoin', `a Bitcoin chain is up at ${new URL(chain.url).origin}`)
    return new BitcoinLedger(chain, await chain.height())
  }

  config(node: NodeName, { lightning }: Ports): LedgerInput {
    return {
      kind: 'ldk',
      network: 'regtest',
      seed: SEEDS[node],
      rpcUrl: this.#chain.url,
      port: lightning[node],
      pollMs: POLL_MS,
    }
  }

  async welcome(node: NodeName, address: string): Promise<void> {
    this.#flows.introduce(node, address)
    await this.#chain.fund(address, FUNDS)
  }

  async balance(node: NodeName): Promise<bigint> {
    await this.#catchUp()
    return this.#flows.balance(node)
  }

  async escrow(): Promise<bigint> {
    await this.#catchUp()
    return this.#flows.escrow()
  }

  async activity(): Promise<Activity> {
    await this.#catchUp()
    const { transactions, escrowed, closedChannels } = this.#flows
    return { transactions, escrowed, closedChannels, fees: (node) => this.#flows.fees(node) }
  }

  async stop(): Promise<void> {
    this.#mining.abort()
    await this.#miner
    await this.#chain.stop()
  }

  async #mine(): Promise<void> {
    const { signal } = this.#mining
    try {
      for await (const chain of setInterval(BLOCK_MS, this.#chain, { signal })) await chain.mine()
    } catch {
      // It is being stopped; or the chain is gone, and whoever asks it next says so.
    }
  }

  async #catchUp(): Promise<void> {
    const height = await this.#ask<number>('getblockcount')
    while (this.#height < height) {
      const hash = await this.#ask<string>('getblockhash', this.#height + 1)
      const block = await this.#ask<Block>('getblock', hash, 2)
      // Somebody else may have read it meanwhile.
      if (block.height === this.#height + 1) this.#flows.take(block)
      this.#height = Math.max(this.#height, block.height)
    }
  }

  async #ask<Answer>(method: string, ...params: readonly unknown[]): Promise<Answer> {
    try {
      return await this.#chain.request<Answer>(method, params)
    } catch (error) {
      const { origin } = new URL(this.#chain.url)
      throw new ChildError(`the Bitcoin chain does not answer at ${origin}`, { cause: error })
    }
  }
}
