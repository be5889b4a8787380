/**
 * The streams of a connection: ids, limits, which are open. Layer 4. Spec: IL-RFC 29 §3.3, §4.4.
 * Closed streams make room for new ones, so `STREAMS_MAX` of each end are open at once.
 */
import { StreamErrorCode } from '../error-code.ts'
import { Stream } from './stream.ts'

/** STR-55: streams of one end that are open at once. */
export const STREAMS_MAX = 10n
/** How far ids may run ahead of the oldest open stream: closed ones in between have to be remembered. */
const CLOSED_MAX = 1000n

export interface StreamDefaults {
  readonly receiveMax: bigint
  readonly windowBytes: number
}

export class Streams {
  readonly #open = new Map<bigint, Stream>()
  readonly #defaults: StreamDefaults
  /** Of the other end, above `#oldest`: closed. */
  #closed: Set<bigint> | undefined
  /** Lowest id of the other end that may be open, or be opened. */
  #oldest: bigint
  /** Ids of this end: the next one. */
  #next: bigint
  /** Up to where each end may open streams; both only rise (STR-57). */
  #peerMax: bigint = 2n * STREAMS_MAX
  #max: bigint = 2n * STREAMS_MAX

  constructor(role: 'client' | 'server', defaults: StreamDefaults) {
    this.#defaults = defaults
    this.#next = role === 'client' ? 1n : 2n // STR-52
    this.#oldest = role === 'client' ? 2n : 1n
  }

  /** The other end may open streams up to this id. */
  get peerMax(): bigint {
    return this.#peerMax
  }

  /** The id that this end would open next. */
  get next(): bigint {
    return this.#next
  }

  /** This end may open streams up to this id. */
  get max(): bigint {
    return this.#max
  }

  get size(): number {
    return this.#open.size
  }

  [Symbol.iterator](): IterableIterator<Stream> {
    return this.#open.values()
  }

  find(id: bigint): Stream | undefined {
    return this.#open.get(id)
  }

  /** STR-57: a smaller limit than before means nothing. */
  allow(max: bigint): void {
    if (max > this.#max) this.#max = max
  }

  /** A stream of this end; undefined where the other end does not take another one yet (STR-58). */
  open(): Stream | undefined {
    if (this.#next > this.#max) return undefined
    const stream = this.#add(this.#next)
    this.#next += 2n
    return stream
  }

  /** What is wrong with a frame for this stream, as the code that closes the connection (STR-53, STR-56). */
  violationOf(id: bigint): number | undefined {
    if (this.#open.has(id)) return undefined
    if (this.#isOurs(id)) return id < this.#next ? undefined : StreamErrorCode.ProtocolViolation
    return id > this.#peerMax ? StreamErrorCode.StreamIdError : undefined
  }

  /** The other end's stream, opened if it is new; undefined where it is closed. The id is within the limits. */
  meet(id: bigint): { readonly stream: Stream; readonly isNew: boolean } | undefined {
    const stream = this.#open.get(id)
    if (stream !== undefined) return { stream, isNew: false }
    if (this.#isOurs(id) || id < this.#oldest || this.#closed?.has(id) === true) return undefined
    return { stream: this.#add(id), isNew: true }
  }

  /** Returns whether the other end may open more than before. */
  close({ id }: Stream): boolean {
    if (!this.#open.delete(id) || this.#isOurs(id)) return false
    this.#closed ??= new Set()
    this.#closed.add(id)
    while (this.#closed.delete(this.#oldest)) this.#oldest += 2n
    if (this.#peerMax >= this.#oldest + 2n * CLOSED_MAX) return false
    this.#peerMax += 2n
    return true
  }

  #isOurs(id: bigint): boolean {
    return id % 2n === this.#next % 2n
  }

  #add(id: bigint): Stream {
    const stream = new Stream(id, this.#defaults.receiveMax, this.#defaults.windowBytes)
    this.#open.set(id, stream)
    return stream
  }
}
