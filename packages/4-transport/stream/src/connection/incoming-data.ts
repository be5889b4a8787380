/**
 * Octets that come in on one stream: put in order, kept within the window. Layer 4. Spec: IL-RFC 29 §4.4.4, §5.3.11.
 * Offsets count octets from the start of the stream.
 */

/** Pieces out of order that one stream keeps; more are refused, and sent again later. */
export const PIECES_MAX = 256

interface Piece {
  readonly offset: number
  readonly data: Uint8Array
}

/** What a piece is: `repeated` has been taken before; `full`: no room for another piece out of order. */
export type Fit = 'new' | 'repeated' | 'full' | 'overlaps' | 'beyond'

export class IncomingData {
  readonly #windowBytes: number
  /** All before it has been put in order. */
  #next = 0
  /** All before it has been read by the application. */
  #read = 0
  /** Where what has come in ends, holes or not. */
  #highest = 0
  /** Out of order, by offset. */
  readonly #pieces: Piece[] = []
  #told: number

  /** `windowBytes`: that may be unread. */
  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes
    this.#told = windowBytes
  }

  get highest(): number {
    return this.#highest
  }

  /** Octets that came in and are not done with. */
  get unread(): number {
    return this.#highest - this.#read
  }

  /** Whether nothing is missing before what has come in. */
  get isWhole(): boolean {
    return this.#pieces.length === 0
  }

  /** What the other end may send up to; never decreases (STR-65). */
  get maxOffset(): number {
    return this.#told
  }

  /** STR-70 … STR-74 */
  fit(offset: number, length: number): Fit {
    const end = offset + length
    if (end > this.#told) return 'beyond'
    if (end <= this.#next) return 'repeated'
    if (offset < this.#next) return 'overlaps'
    const at = this.#indexOf(offset)
    const piece = this.#pieces[at]
    if (piece?.offset === offset && piece.data.length === length) return 'repeated'
    const before = this.#pieces[at - 1]
    if (piece !== undefined && piece.offset < end) return 'overlaps'
    if (before !== undefined && before.offset + before.data.length > offset) return 'overlaps'
    return offset > this.#next && this.#pieces.length >= PIECES_MAX ? 'full' : 'new'
  }

  /** Takes a piece that is `new`; copies it. Returns what is in order now, oldest first. */
  take(offset: number, data: Uint8Array): Uint8Array[] {
    const copy = data.slice()
    this.#highest = Math.max(this.#highest, offset + copy.length)
    if (offset > this.#next) {
      this.#pieces.splice(this.#indexOf(offset), 0, { offset, data: copy })
      return []
    }
    this.#next += copy.length
    const ready: Uint8Array[] = [copy]
    while (this.#pieces[0]?.offset === this.#next) {
      const piece = this.#pieces.shift()!
      this.#next += piece.data.length
      ready.push(piece.data)
    }
    return ready
  }

  /** So many octets are done with. Returns whether the other end should be told of the room. */
  read(bytes: number): boolean {
    this.#read = Math.min(this.#read + bytes, this.#next)
    const free = this.#read + this.#windowBytes - this.#told
    if (free * 2 < this.#windowBytes) return false
    this.#told += free
    return free > 0
  }

  /** Where a piece at `offset` stands among those out of order. */
  #indexOf(offset: number): number {
    const at = this.#pieces.findIndex((piece) => piece.offset >= offset)
    return at < 0 ? this.#pieces.length : at
  }
}
