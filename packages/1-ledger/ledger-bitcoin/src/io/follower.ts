/**
 * Follows a node's chain: block after block, forwards and, where the chain turned elsewhere, back. Layer 1, io.
 *
 * What is handed in lies on what was handed in before: a node that lies about it, lags behind or answers from two
 * chains at once is asked again later.
 */
import { HEADER_BYTES } from '../block.ts'
import { type Header, HeaderChain } from '../header-chain.ts'
import { BitcoinError, NodeError } from './errors.ts'
import type { BitcoinNode } from './node.ts'

/** Who is shown the chain, one step at a time: the next one comes when the promise has resolved. */
export interface Onlooker {
  connected(header: Header, block: Uint8Array): Promise<void>
  /** The newest block is none any more. */
  disconnected(header: Header): Promise<void>
  /** None of the blocks that were known is part of the chain. Returns the one after which to begin again. */
  reset(): Promise<Header>
  /** All blocks that there are were shown. `isNews`: there were some, or the node was away. */
  synced(isNews: boolean): Promise<void>
}

export interface FollowerOptions {
  readonly node: BitcoinNode
  /** What was shown before, oldest first: at least one. */
  readonly headers: readonly Header[]
  readonly onlooker: Onlooker
  readonly pollMs: number
  /** Hears, for people, why something is tried again. */
  readonly trace: (message: string) => void
}

export class ChainFollower {
  readonly #options: FollowerOptions
  #chain: HeaderChain
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #isNews = true
  #looking: Promise<void> | undefined

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#chain = new HeaderChain(options.headers)
  }

  get tip(): Header {
    return this.#chain.tip
  }

  /** Looks now, and then again and again. Resolves after a look; one that is under way is not enough. */
  async look(): Promise<void> {
    await this.#looking
    this.#looking ??= this.#lookAndWait()
    await this.#looking
  }

  /** No further step is shown. Resolves when the one under way has ended; call `close` of the node as well. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  async #lookAndWait(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      if (!this.#closed) await this.#follow()
    } catch (error) {
      if (error instanceof BitcoinError && error.code === 'closed') return
      if (!(error instanceof NodeError || error instanceof BitcoinError)) throw error
      this.#isNews = true
      this.#options.trace(error.message)
    } finally {
      this.#looking = undefined
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.look(), this.#options.pollMs)
  }

  async #follow(): Promise<void> {
    const { node, onlooker, trace } = this.#options
    const best = await node.bestHash()
    if (best !== this.tip.hash) {
      if (this.#chain.headers.some(({ hash }) => hash === best)) {
        trace(`the node lags behind: it has not seen block ${this.tip.height} yet`)
        return
      }
      await this.#goBack()
      await this.#goOn()
    }
    if (this.#isClosed()) return
    const isNews = this.#isNews
    this.#isNews = false
    await onlooker.synced(isNews)
  }

  /** To the newest block that is part of the node's chain. */
  async #goBack(): Promise<void> {
    const { node, onlooker } = this.#options
    while (!this.#isClosed() && (await node.hashAt(this.tip.height)) !== this.tip.hash) {
      this.#isNews = true
      const header = this.#chain.disconnect()
      if (header !== undefined) await onlooker.disconnected(header)
      else this.#chain = new HeaderChain([await onlooker.reset()])
    }
  }

  async #goOn(): Promise<void> {
    const { node, onlooker, trace } = this.#options
    while (!this.#isClosed()) {
      const height = this.tip.height + 1
      const hash = await node.hashAt(height)
      if (hash === undefined) return
      const block = await node.block(hash)
      const header = { height, hash, bytes: block.slice(0, HEADER_BYTES) }
      if (!this.#chain.connect(header)) {
        trace(`block ${height} of the node does not lie on its block ${height - 1}`)
        return
      }
      this.#isNews = true
      await onlooker.connected(header, block)
    }
  }

  #isClosed(): boolean {
    return this.#closed
  }
}
