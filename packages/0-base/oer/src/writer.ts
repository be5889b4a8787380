/**
 * Writes octet-encoded fields one after the other, in canonical form. Base. Spec: IL-RFC 30.
 * The buffer grows as needed; what is written is copied.
 */
import { type Instant, UsageError } from '@hourglass/sansio'
import { allocate } from './allocate.ts'
import { encodeBigUint } from './big-uint.ts'
import { lengthBytes, writeLength } from './length.ts'
import { TIMESTAMP_BYTES, writeTimestamp } from './timestamp.ts'
import { UINT64_BYTES, UINT64_MAX, significantOctets, writeUint, writeUint32, writeUint64 } from './uint.ts'
import { encodeUtf8 } from './utf8.ts'

/** Numbers outside a field's range throw UsageError: silently cut ones could be money. */
export class Writer {
  #bytes: Uint8Array
  #at = 0

  /** `capacity` is a guess: it spares growing. */
  constructor(capacity = 64) {
    this.#bytes = allocate(capacity)
  }

  /** Octets written so far. */
  get length(): number {
    return this.#at
  }

  uint8(value: number): this {
    checkRange(value, 0xff)
    const at = this.#advance(1)
    this.#bytes[at] = value
    return this
  }

  uint16(value: number): this {
    checkRange(value, 0xffff)
    const at = this.#advance(2)
    this.#bytes[at] = value >>> 8
    this.#bytes[at + 1] = value
    return this
  }

  uint32(value: number): this {
    checkRange(value, 0xffff_ffff)
    const at = this.#advance(4)
    writeUint32(this.#bytes, at, value)
    return this
  }

  uint64(value: bigint): this {
    checkUint64(value)
    const at = this.#advance(UINT64_BYTES)
    writeUint64(this.#bytes, at, value)
    return this
  }

  /** A fixed-length timestamp: years 1 … 9999. */
  timestamp(value: Instant): this {
    const at = this.#advance(TIMESTAMP_BYTES)
    writeTimestamp(this.#bytes, at, value)
    return this
  }

  /** Octets of a fixed-length field: no length in front. */
  bytes(value: Uint8Array): this {
    const at = this.#advance(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** A variable-length octet string. */
  octets(value: Uint8Array): this {
    this.#length(value.length)
    return this.bytes(value)
  }

  /** Begins a variable-length octet string whose length is not known yet; `end` wants what this returns. */
  begin(): number {
    return this.#advance(1)
  }

  /** Ends it: it holds what was written since. */
  end(start: number): this {
    const length = this.#at - start - 1
    const more = lengthBytes(length) - 1
    if (more > 0) {
      this.#advance(more)
      this.#bytes.copyWithin(start + 1 + more, start + 1, start + 1 + length)
    }
    writeLength(this.#bytes, start, length)
    return this
  }

  /** A variable-length string, as UTF-8. */
  text(value: string): this {
    return this.octets(encodeUtf8(value))
  }

  /** A variable-length unsigned integer, 0 … 2^64-1, in as few octets as it needs. */
  varUint(value: bigint): this {
    checkUint64(value)
    const octets = significantOctets(value)
    this.#length(octets)
    const at = this.#advance(octets)
    writeUint(this.#bytes, at, value, octets)
    return this
  }

  /** An unsigned integer of any size, as a variable-length octet string; zero is an empty one. */
  bigUint(value: bigint): this {
    if (value === 0n) return this.uint8(0)
    return value > UINT64_MAX ? this.octets(encodeBigUint(value)) : this.varUint(value)
  }

  /** What was written from `start` on: a view that the caller owns from now on; the writer is done. */
  finish(start = 0): Uint8Array {
    return this.#bytes.subarray(start, this.#at)
  }

  #length(length: number): void {
    const at = this.#advance(lengthBytes(length))
    writeLength(this.#bytes, at, length)
  }

  /** Makes room for `length` octets and returns where they begin. */
  #advance(length: number): number {
    const at = this.#at
    this.#at = at + length
    if (this.#at > this.#bytes.length) {
      const grown = allocate(Math.max(this.#at, 2 * this.#bytes.length))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
    }
    return at
  }
}

function checkRange(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new UsageError(`${value} is not an integer between 0 and ${max}`)
  }
}

function checkUint64(value: bigint): void {
  if (value < 0n || value > UINT64_MAX) throw new UsageError(`${value} is not between 0 and 2^64-1`)
}
