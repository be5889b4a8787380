/**
 * Leads whoever needs the chain from the block they know to the newest one. Layer 2, io.
 * A block that is no longer in the chain is taken back first, from the top down.
 */
import type { BitcoinRpc } from '../chain/bitcoin-rpc.ts'
import { type Block, HEADER_BYTES, decodeBlock, parentOf } from '../chain/block.ts'

export interface Tip {
  /** As people write it. */
  readonly hash: string
  readonly height: number
}

export interface ChainListener {
  /** The newest block that it knows. */
  tip(): Tip
  connect(block: Block, raw: Uint8Array, height: number): void
  /** `tip()` is the block before from now on. */
  disconnect(header: Uint8Array, parent: Tip, height: number): void
}

/** Blocks that are kept for others who need them, and headers to go back by. */
const BLOCKS_KEPT = 16
const HEADERS_KEPT = 288

export class ChainFollower {
  readonly #rpc: BitcoinRpc
  readonly #blocks = new Map<string, Uint8Array>()
  readonly #headers = new Map<string, Uint8Array>()

  constructor(rpc: BitcoinRpc) {
    this.#rpc = rpc
  }

  async newest(): Promise<Tip> {
    const height = await this.#rpc.height()
    return { hash: await this.#rpc.blockHash(height), height }
  }

  /** Until it knows the newest block, or `isOver` says so. */
  async lead(listener: ChainListener, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      const newest = await this.#rpc.height()
      if (isOver()) return
      const { hash, height } = listener.tip()
      const isInChain = height <= newest && (await this.#rpc.blockHash(height)) === hash
      if (isOver()) return
      if (!isInChain) await this.#stepBack(listener, isOver)
      else if (height === newest) return
      else await this.#stepOn(listener, height + 1, isOver)
    }
  }

  async #stepBack(listener: ChainListener, isOver: () => boolean): Promise<void> {
    const { hash, height } = listener.tip()
    const header = this.#headers.get(hash) ?? (await this.#rpc.header(hash))
    if (!isOver()) listener.disconnect(header, { hash: parentOf(header), height: height - 1 }, height)
  }

  /** Connects the block at `height`, unless the chain has changed meanwhile. */
  async #stepOn(listener: ChainListener, height: number, isOver: () => boolean): Promise<void> {
    const hash = await this.#rpc.blockHash(height)
    const raw = this.#blocks.get(hash) ?? (await this.#rpc.block(hash))
    keep(this.#blocks, hash, raw, BLOCKS_KEPT)
    keep(this.#headers, hash, raw.slice(0, HEADER_BYTES), HEADERS_KEPT)
    const block = decodeBlock(raw)
    // The server may know another chain since: then the next round goes back.
    if (isOver() || parentOf(block.header) !== listener.tip().hash) return
    listener.connect(block, raw, height)
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= max) return
    map.delete(oldest)
  }
}
