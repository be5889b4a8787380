/** The chain: mines blocks and replaces them. Testing. */
import type { Address, Bcoin, FullNode, Tx } from './bcoin.ts'

export class RegtestChain {
  readonly #bcoin: Bcoin
  readonly #node: FullNode
  /** Who earns what nobody claims. */
  readonly #nobody: Address

  constructor(bcoin: Bcoin, node: FullNode) {
    this.#bcoin = bcoin
    this.#node = node
    this.#nobody = bcoin.Address.fromWitnessScripthash(Buffer.alloc(32))
  }

  get height(): number {
    return this.#node.chain.height
  }

  /**
   * Segwit and relative lock times are in force after 432 blocks. These are dated back by a day, so that whoever
   * mines many blocks within a second does not come far ahead of the clock.
   */
  async activate(miner: Address): Promise<Tx[]> {
    const { time } = this.#bcoin.Network.get('regtest')
    time.offset = -DAY_S
    const coinbases: Tx[] = []
    while (this.height < ACTIVE_HEIGHT) coinbases.push((await this.#mineBlock(miner)).coinbase)
    time.offset = 0
    return coinbases
  }

  /** Blocks with what waits in the mempool. Returns their hashes. */
  async mine(blocks: number, address?: string): Promise<string[]> {
    const miner = address === undefined ? this.#nobody : this.#addressOf(address)
    const hashes: string[] = []
    while (hashes.length < blocks) hashes.push((await this.#mineBlock(miner)).hash)
    return hashes
  }

  /**
   * Replaces the newest `depth` blocks by `depth` + 1 others, which hold `include` and nothing else. Returns the
   * transactions of the blocks that were replaced.
   */
  async replace(depth: number, include: readonly Tx[]): Promise<Tx[]> {
    const { chain, miner } = this.#node
    if (depth < 1 || depth > chain.height) throw new RangeError(`a depth of 1 to ${chain.height} blocks`)
    const replaced: Tx[] = []
    for (let height = chain.height - depth + 1; height <= chain.height; height++) {
      const { txs } = await chain.getBlock((await chain.getEntry(height)).hash)
      replaced.push(...txs.slice(1))
    }
    let parent = await chain.getEntry(chain.height - depth)
    for (let added = 0; added <= depth; added++) {
      const { mempool } = miner
      miner.mempool = null
      const job = await miner.cpu.createJob(parent, this.#nobody)
      miner.mempool = mempool
      if (added === 0) for (const tx of include) job.pushTX(tx)
      job.refresh()
      const entry = await chain.add(await job.mineAsync())
      if (entry === null) throw new Error('the block has no place in the chain')
      parent = entry
    }
    if (chain.tip.hash !== parent.hash) throw new Error('a block of the new branch is not valid')
    return replaced
  }

  async #mineBlock(miner: Address): Promise<{ hash: string; coinbase: Tx }> {
    const { chain } = this.#node
    const job = await this.#node.miner.cpu.createJob(chain.tip, miner)
    const block = await job.mineAsync()
    const entry = await chain.add(block)
    if (entry === null) throw new Error('the block has no place in the chain')
    return { hash: entry.rhash(), coinbase: block.txs[0]! }
  }

  #addressOf(text: string): Address {
    return this.#bcoin.Address.fromString(text, 'regtest')
  }
}

const ACTIVE_HEIGHT = 435
const DAY_S = 86_400
