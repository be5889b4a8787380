/**
 * The newest blocks that were handed in, and where another chain leaves theirs. Layer 1.
 *
 * `advance` is asked again and again with what a node says of its chain, one hash at a time: first whether it still
 * has our newest block, then for the block after that.
 */
import { HEADER_BYTES, hashOf, previousHashOf } from './block.ts'
import { UsageError, assert } from '@hourglass/sansio'

export interface Header {
  readonly height: number
  /** 64 hex digits, as people write them. */
  readonly hash: string
  /** 80 bytes. */
  readonly bytes: Uint8Array
}

export class HeaderChain {
  /** Oldest first, without gaps. */
  readonly #headers: Header[]

  /** Begins after `headers`, which lie one on the other: at least one. */
  constructor(headers: readonly Header[]) {
    if (headers.length === 0) throw new UsageError('a chain begins with a block')
    this.#headers = []
    for (const header of headers) this.#push(header)
  }

  get tip(): Header {
    return this.#headers.at(-1)!
  }

  get headers(): readonly Header[] {
    return this.#headers
  }

  /** The next block. False: it does not lie on our newest one, or is not what it is called. */
  connect(header: Header): boolean {
    const isNext = header.height === this.tip.height + 1 && previousHashOf(header.bytes) === this.tip.hash
    if (!isNext || header.bytes.length !== HEADER_BYTES || hashOf(header.bytes) !== header.hash) return false
    this.#push(header)
    return true
  }

  /** Takes the newest block back. Undefined: it is the only one that we know. */
  disconnect(): Header | undefined {
    return this.#headers.length === 1 ? undefined : this.#headers.pop()
  }

  #push(header: Header): void {
    const tip = this.#headers.at(-1)
    assert(tip === undefined || header.height === tip.height + 1, 'headers lie one on the other')
    this.#headers.push(header)
    if (this.#headers.length > HEADERS_MAX) this.#headers.shift()
  }
}

/** A reorganisation deeper than a day's blocks has never been. */
export const HEADERS_MAX = 144
