/**
 * Leads whoever needs the chain from the block they know to the newest one. Layer 2, io.
 *
 * Blocks are taken back, from the top down, only for a branch that stands for more work: a server that lags behind,
 * or tells of another chain, is waited for. A block is what its header says, and that has its proof of work.
 */
import type { BitcoinNetwork } from '../../node.ts'
import type { BitcoinRpc } from '../chain/bitcoin-rpc.ts'
import { type Block, decodeBlock } from '../chain/block.ts'
import { HEADER_BYTES, checkWork, genesisOf, hashOfHeader, parentOf, workOf } from '../chain/header.ts'
import { LightningError } from '../lightning-error.ts'
import { HEADERS_KEPT, type HeaderBook } from './header-book.ts'

export interface Tip {
  /** As people write it. */
  readonly hash: string
  readonly height: number
}

export interface ChainListener {
  /** The newest block that it knows. */
  tip(): Tip
  connect(block: Block, height: number): void
  /** `tip()` is the block before from now on. */
  disconnect(header: Uint8Array, parent: Tip, height: number): void
}

/** Blocks that are kept for others who need them. */
const BLOCKS_KEPT = 16

export interface FollowerOptions {
  readonly rpc: BitcoinRpc
  readonly network: BitcoinNetwork
  readonly headers: HeaderBook
}

export class ChainFollower {
  readonly #rpc: BitcoinRpc
  readonly #network: BitcoinNetwork
  readonly #headers: HeaderBook
  readonly #blocks = new Map<string, Block>()

  constructor({ rpc, network, headers }: FollowerOptions) {
    this.#rpc = rpc
    this.#network = network
    this.#headers = headers
  }

  /** @throws LightningError `wrong-network` | `unavailable` | `chain` */
  async checkNetwork(): Promise<void> {
    if ((await this.#rpc.blockHash(0)) === genesisOf(this.#network)) return
    throw new LightningError('wrong-network', `the server's chain is not ${this.#network}`)
  }

  /** Where one begins who knows nothing yet. */
  async newest(): Promise<Tip> {
    const height = await this.#rpc.height()
    const hash = await this.#rpc.blockHash(height)
    await this.#header({ hash, height })
    return { hash, height }
  }

  /**
   * Until it knows the newest block, or `isOver` says so.
   * @throws LightningError `unavailable` | `chain`, and the listener stays where it is
   */
  async lead(listener: ChainListener, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      const newest = await this.#rpc.height()
      const { hash, height } = listener.tip()
      const isInChain = height <= newest && (await this.#rpc.blockHash(height)) === hash
      if (isOver() || (isInChain && height === newest)) return
      if (!isInChain) await this.#goBack(listener, newest, isOver)
      // The server may know another chain since: then the next round goes back.
      else while (listener.tip().height < newest && (await this.#stepOn(listener, isOver)));
      if (isOver()) return
    }
  }

  /** To where the server's branch, which has its newest block at `newest`, leaves ours. */
  async #goBack(listener: ChainListener, newest: number, isOver: () => boolean): Promise<void> {
    const path: Tip[] = [listener.tip()]
    let ours = 0n
    for (;;) {
      const tip = path.at(-1)!
      if (tip.height <= newest && (await this.#rpc.blockHash(tip.height)) === tip.hash) break
      if (path.length > HEADERS_KEPT) throw strange(`leaves ours more than ${HEADERS_KEPT} blocks ago`)
      const header = await this.#header(tip)
      ours += workOf(header)
      path.push({ hash: parentOf(header), height: tip.height - 1 })
    }
    await this.#demandMore(ours, path, newest)
    for (const [i, { hash, height }] of path.slice(0, -1).entries()) {
      const header = await this.#header({ hash, height })
      if (isOver()) return
      listener.disconnect(header, path[i + 1]!, height)
    }
  }

  /** The server's branch must leave ours where the path ends, and stand for more work. */
  async #demandMore(ours: bigint, path: readonly Tip[], newest: number): Promise<void> {
    const ourHashes = new Set(path.map(({ hash }) => hash))
    let theirs = 0n
    let parent = path.at(-1)!
    while (parent.height < newest && theirs <= ours) {
      const height = parent.height + 1
      const hash = await this.#rpc.blockHash(height)
      // It has turned to our chain meanwhile: what lies on both must not be taken back.
      if (ourHashes.has(hash)) throw strange('changes while we look at it')
      const header = await this.#rpc.header(hash)
      if (header === undefined) throw strange(`has no block ${hash}`)
      this.#check(header, { hash, height }, parent.hash)
      this.#headers.keep(hash, header, height)
      theirs += workOf(header)
      parent = { hash, height }
    }
    if (theirs > ours) return
    if (theirs === 0n) throw new LightningError('chain', `the server lags behind, at block ${newest}`)
    throw strange('leaves ours for one with no more work')
  }

  /** Connects the next block. False: the chain has changed meanwhile. */
  async #stepOn(listener: ChainListener, isOver: () => boolean): Promise<boolean> {
    const tip = listener.tip()
    const height = tip.height + 1
    const hash = await this.#rpc.blockHash(height)
    const block = this.#blocks.get(hash) ?? decodeBlock(await this.#rpc.block(hash))
    const isMoved =
      parentOf(block.header) !== tip.hash && (await this.#rpc.blockHash(tip.height)) !== tip.hash
    if (isOver() || isMoved) return false
    this.#check(block.header, { hash, height }, tip.hash)
    this.#headers.keep(hash, block.header, height)
    keep(this.#blocks, hash, block)
    listener.connect(block, height)
    return true
  }

  #check(header: Uint8Array, { hash, height }: Tip, parent: string): void {
    if (header.length !== HEADER_BYTES || hashOfHeader(header) !== hash) {
      throw strange(`has a block ${hash} that is not what it is called`)
    }
    if (parentOf(header) !== parent) throw strange(`has a block ${hash} that does not lie on the one before`)
    checkWork(this.#network, header, { hash, height, parent: this.#headers.header(parent) })
  }

  /** Ours: it was checked before, or is where we begin. */
  async #header({ hash, height }: Tip): Promise<Uint8Array> {
    const known = this.#headers.header(hash)
    if (known !== undefined) return known
    const header = await this.#rpc.header(hash)
    if (header === undefined) throw strange(`does not know our block ${hash}`)
    if (hashOfHeader(header) !== hash) throw strange(`has a block ${hash} that is not what it is called`)
    this.#headers.keep(hash, header, height)
    return header
  }
}

function strange(what: string): LightningError {
  return new LightningError('chain', `the server's chain ${what}`)
}

function keep(blocks: Map<string, Block>, hash: string, block: Block): void {
  blocks.delete(hash)
  blocks.set(hash, block)
  for (const oldest of blocks.keys()) {
    if (blocks.size <= BLOCKS_KEPT) return
    blocks.delete(oldest)
  }
}
