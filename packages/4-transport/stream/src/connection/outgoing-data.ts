/**
 * Octets that go out on one stream: what is new, and what has to go again. Layer 4. Spec: IL-RFC 29 §5.3.11.
 * What is lost is sent again with the same offset and length (STR-72, STR-75).
 */
import { Queue, UsageError } from '@hourglass/sansio'

/** Octets written but not yet acknowledged that one stream keeps. */
export const WRITTEN_BYTES_MAX = 1_048_576
/** STR-68: what a stream may send before the other end says more. */
const MAX_OFFSET_START = 16_384

/** One frame's worth of octets. */
export interface Segment {
  readonly offset: number
  readonly data: Uint8Array
}

export class OutgoingData {
  /** Not yet sent, in order. */
  readonly #unsent = new Queue<Uint8Array>()
  #unsentBytes = 0
  readonly #lost: Segment[] = []
  #offset = 0
  #unacknowledged = 0
  #maxOffset = MAX_OFFSET_START

  /** Octets that may be written now. */
  get writable(): number {
    return Math.max(0, WRITTEN_BYTES_MAX - this.#unsentBytes - this.#unacknowledged)
  }

  /** Whether all that was written has arrived. */
  get isDrained(): boolean {
    return this.#unsentBytes === 0 && this.#unacknowledged === 0
  }

  /** Whether something waits to be sent, for the first time or again. */
  get isPending(): boolean {
    return this.#unsentBytes > 0 || this.#lost.length > 0
  }

  /** The end of what was ever sent. */
  get offset(): number {
    return this.#offset
  }

  /** How far the other end lets this stream go. */
  get maxOffset(): number {
    return this.#maxOffset
  }

  /** @throws UsageError beyond `writable` */
  write(data: Uint8Array): void {
    if (data.length > this.writable) throw new UsageError(`only ${this.writable} octets can be written now`)
    if (data.length === 0) return
    this.#unsent.push(data)
    this.#unsentBytes += data.length
  }

  /** STR-65: a smaller limit than before means nothing. */
  allow(maxOffset: number): void {
    this.#maxOffset = Math.max(this.#maxOffset, maxOffset)
  }

  /** The next segment, of `bytesMax` at most; `room`: new octets that the connection lets through. */
  next(bytesMax: number, room: number): Segment | undefined {
    const lost = this.#lost[0]
    if (lost !== undefined) return lost.data.length <= bytesMax ? this.#lost.shift() : undefined
    const bytes = Math.min(bytesMax, room, this.#maxOffset - this.#offset, this.#unsentBytes)
    if (bytes <= 0) return undefined
    const segment = { offset: this.#offset, data: this.#cut(bytes) }
    this.#offset += bytes
    this.#unacknowledged += bytes
    return segment
  }

  lost(segment: Segment): void {
    this.#lost.push(segment)
  }

  acknowledged({ data }: Segment): void {
    this.#unacknowledged -= data.length
  }

  /** The first `bytes` of what is unsent. */
  #cut(bytes: number): Uint8Array {
    this.#unsentBytes -= bytes
    const first = this.#rest ?? this.#unsent.shift()!
    this.#rest = undefined
    if (first.length >= bytes) {
      if (first.length > bytes) this.#rest = first.subarray(bytes)
      return first.subarray(0, bytes)
    }
    const cut = new Uint8Array(bytes)
    let at = 0
    for (let chunk: Uint8Array | undefined = first; chunk !== undefined && at < bytes;) {
      const used = Math.min(chunk.length, bytes - at)
      cut.set(chunk.subarray(0, used), at)
      at += used
      if (used < chunk.length) this.#rest = chunk.subarray(used)
      chunk = at < bytes ? this.#unsent.shift() : undefined
    }
    return cut
  }

  /** What is left of the chunk that was cut last. */
  #rest: Uint8Array | undefined
}
