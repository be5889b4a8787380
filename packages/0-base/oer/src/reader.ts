/**
 * Reads octet-encoded fields one after the other. Base. Spec: IL-RFC 30.
 *
 * A reader checks each length against the octets that are left before it uses it, reserves nothing, and never
 * reads behind its end. Octets come out as views of the buffer. Lengths must be canonical (X-OER7: what an
 * encoder of ours would not write is refused); a VarUInt may have leading zeros (OER-13).
 */
import { DecodeError, type Instant, UsageError } from '@hourglass/sansio'
import { decodeBigUint } from './big-uint.ts'
import type { OerFault } from './fault.ts'
import { LONG_FORM, SHORT_LENGTH_MAX } from './length.ts'
import { TIMESTAMP_BYTES, readTimestamp } from './timestamp.ts'
import { decodeUtf8, decodeUtf8Lossy } from './utf8.ts'
import { UINT64_BYTES, UINT64_MAX, readUint, readUint32, readUint64 } from './uint.ts'

/**
 * Methods throw `DecodeError<OerFault>`: `short`, and the codes that they name. The reader is then spent; the
 * error's `at` is where the field begins, from the start of the buffer.
 */
export class Reader {
  /** What it reads. */
  readonly bytes: Uint8Array
  #at: number
  #end: number

  /** Reads `bytes` from `start` up to `end`; offsets stay those of `bytes`. */
  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    if (end > bytes.length) throw new UsageError(`${end} lies behind the ${bytes.length} octets to be read`)
    this.bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** Offset of the next octet, from the start of the buffer. */
  get at(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#end - this.#at
  }

  uint8(): number {
    return this.bytes[this.#advance(1)]!
  }

  uint16(): number {
    const at = this.#advance(2)
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  uint32(): number {
    return readUint32(this.bytes, this.#advance(4))
  }

  uint64(): bigint {
    return readUint64(this.bytes, this.#advance(UINT64_BYTES))
  }

  /** A fixed-length timestamp. @throws DecodeError `bad-timestamp` */
  timestamp(): Instant {
    return readTimestamp(this.bytes, this.#advance(TIMESTAMP_BYTES))
  }

  /** A view of the next `length` octets; a plain array also where a Buffer is read. */
  take(length: number): Uint8Array {
    const at = this.#advance(length)
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + at, length)
  }

  /** Passes over `length` octets. */
  skip(length: number): void {
    this.#advance(length)
  }

  /** A variable-length octet string, as a view. @throws DecodeError `bad-length` */
  octets(): Uint8Array {
    return this.take(this.#length())
  }

  /**
   * Passes over a variable-length octet string and returns where it begins; it ends at `at`.
   * @throws DecodeError `bad-length`
   */
  skipOctets(): number {
    return this.#advance(this.#length())
  }

  /**
   * Goes into a variable-length octet string: from now on the reader ends where it does.
   * @throws DecodeError `bad-length`
   */
  enter(): void {
    const start = this.skipOctets()
    this.#end = this.#at
    this.#at = start
  }

  /** A reader of what a variable-length octet string holds. @throws DecodeError `bad-length` */
  nested(): Reader {
    const start = this.skipOctets()
    return new Reader(this.bytes, start, this.#at)
  }

  /** A variable-length string. @throws DecodeError `bad-length` | `bad-utf8` */
  text(): string {
    const start = this.skipOctets()
    return decodeUtf8(this.bytes, start, this.#at)
  }

  /**
   * The same for text that only people read: what is no character becomes U+FFFD.
   * @throws DecodeError `bad-length`
   */
  lossyText(): string {
    const start = this.skipOctets()
    return decodeUtf8Lossy(this.bytes, start, this.#at)
  }

  /** A variable-length unsigned integer, 0 … 2^64-1. @throws DecodeError `bad-length` | `bad-varuint` */
  varUint(): bigint {
    const start = this.#at
    const value = this.#varUint(start)
    if (value === undefined) throw new DecodeError<OerFault>('bad-varuint', start)
    return value
  }

  /**
   * The same, but what is larger counts as 2^64-1: RFC 29 §5.1.4 asks for it in two fields of STREAM (OER-14).
   * @throws DecodeError `bad-length` | `bad-varuint`
   */
  varUintSaturating(): bigint {
    return this.#varUint(this.#at) ?? UINT64_MAX
  }

  /** What `Writer.bigUint` wrote; leading zeros change nothing. @throws DecodeError `bad-length` */
  bigUint(): bigint {
    return decodeBigUint(this.octets())
  }

  /**
   * The count in front of a SEQUENCE OF. Each item takes an octet at least, so a count above the octets left is
   * refused (OER-17): whoever loops up to it does bounded work.
   * @throws DecodeError `bad-length` | `bad-varuint`
   */
  count(): number {
    const start = this.#at
    const value = this.varUint()
    if (value > BigInt(this.remaining)) throw new DecodeError<OerFault>('short', start)
    return Number(value)
  }

  /** A VarUInt, or undefined above 2^64-1. OER-13: leading zeros change nothing. */
  #varUint(start: number): bigint | undefined {
    const length = this.#length()
    if (length === 0) throw new DecodeError<OerFault>('bad-varuint', start)
    let at = this.#advance(length)
    while (at < this.#at - 1 && this.bytes[at] === 0) at++
    const octets = this.#at - at
    return octets > UINT64_BYTES ? undefined : readUint(this.bytes, at, octets)
  }

  /** A length determinant. */
  #length(): number {
    const start = this.#at
    const first = this.uint8()
    if (first <= SHORT_LENGTH_MAX) return first
    const octets = first - LONG_FORM
    // OER-07, OER-08: no indefinite length, and none that only a buffer of 4 GiB could satisfy.
    if (octets === 0 || octets > LENGTH_OCTETS_MAX) throw new DecodeError<OerFault>('bad-length', start)
    const at = this.#advance(octets)
    let length = 0
    for (let i = 0; i < octets; i++) length = length * 0x100 + this.bytes[at + i]!
    const canonical = this.bytes[at] !== 0 && length > SHORT_LENGTH_MAX
    if (!canonical) throw new DecodeError<OerFault>('bad-length', start)
    return length
  }

  /** Passes over `length` octets and returns where they begin. */
  #advance(length: number): number {
    const at = this.#at
    if (length > this.#end - at) throw new DecodeError<OerFault>('short', at)
    this.#at = at + length
    return at
  }
}

const LENGTH_OCTETS_MAX = 4
