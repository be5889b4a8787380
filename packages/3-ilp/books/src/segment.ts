/**
 * The chunks of a moment in one buffer: many small ones would take more memory than what is in them. Layer 3, books.
 */
import { Writer } from '@hourglass/oer'
import type { Instant } from '@hourglass/sansio'
import { type ChunkEntry, type ChunkHeader, ChunkReader, ChunkWriter, type Step } from './chunk.ts'

/** A segment takes chunks for so long, or until it is so large. */
const SEGMENT_MS = 1000
const SEGMENT_BYTES = 1_048_576
const CAPACITY_BYTES_MIN = 4096

export class Segment {
  /** Numbers of the chunks that it still has. */
  first: number
  end: number
  /** When its newest chunk was written. */
  writtenAt: Instant = 0
  /** No hold that was opened in it has a higher id. */
  lastId = 0
  readonly #sources = new Map<string, Instant>()
  /** Its chunks came from the journal, and nobody has looked at their entries yet. */
  #isUnread = false
  /** Chunks that came from the journal, before those in the buffer. */
  readonly #restored: Uint8Array[] = []
  #restoredBytes = 0
  readonly #buffer: Writer
  readonly #ends: number[] = []
  readonly #firstEver: number
  #startedAt: Instant | undefined
  #open: ChunkWriter | undefined

  /**
   * `first` is the number that its first chunk will have. Loads change slowly: where it has room for a little more
   * than the segment before took (`bytesBefore`), it does not have to grow, and leaves no smaller copies behind.
   */
  constructor(first: number, bytesBefore = 0) {
    this.#buffer = new Writer(Math.max(CAPACITY_BYTES_MIN, bytesBefore + (bytesBefore >>> 3)))
    this.first = first
    this.end = first
    this.#firstEver = first
  }

  /** Whether something was written since the last chunk. */
  get hasEntries(): boolean {
    return this.#open !== undefined
  }

  /** Accounts for whose packets it has outcomes, each with the latest expiry among them. */
  get sources(): ReadonlyMap<string, Instant> {
    if (this.#isUnread) {
      this.#isUnread = false
      for (let number = this.first; number < this.end; number++)
        this.steps(number, ({ source, expiresAt }) => {
          if (source !== undefined) this.#noteOutcome(source, expiresAt)
        })
    }
    return this.#sources
  }

  /** Octets of the chunks that were written to it. */
  get bytes(): number {
    return this.#buffer.length
  }

  isFull(now: Instant): boolean {
    const bytes = this.#restoredBytes + this.#buffer.length
    return bytes >= SEGMENT_BYTES || (this.#startedAt ?? now) + SEGMENT_MS <= now
  }

  write(entry: ChunkEntry): void {
    this.#open ??= new ChunkWriter(this.#buffer)
    this.#open.write(entry)
    if (entry.kind === 'opened') this.lastId = Math.max(this.lastId, entry.id)
    else if ('expiresAt' in entry) this.#noteOutcome(entry.source, entry.expiresAt)
  }

  /** Ends the chunk that is being written. */
  finish(header: ChunkHeader): Uint8Array {
    this.#open ??= new ChunkWriter(this.#buffer)
    const chunk = this.#open.finish(header)
    this.#open = undefined
    this.#ends.push(this.#buffer.length)
    this.#added(header)
    return chunk
  }

  /**
   * Takes a chunk from the journal, before the first is written. Its entries wait until somebody asks: a start has no
   * time for them.
   */
  restore(chunk: Uint8Array): ChunkHeader {
    const { header } = new ChunkReader(chunk)
    this.#restored.push(chunk)
    this.#restoredBytes += chunk.length
    this.#added(header)
    this.lastId = header.lastId
    this.#isUnread = true
    return header
  }

  /** Reads the chunk of that number. */
  read(number: number, visit: (entry: ChunkEntry) => void): void {
    const reader = this.#reader(number)
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) visit(entry)
  }

  /** As `read`, without what entries say of amounts. */
  steps(number: number, visit: (step: Step) => void): void {
    const reader = this.#reader(number)
    for (let step = reader.skip(); step !== undefined; step = reader.skip()) visit(step)
  }

  /** Reads all, and what is not a chunk yet. */
  scan(visit: (entry: ChunkEntry) => void): void {
    for (let number = this.first; number < this.end; number++) this.read(number, visit)
    if (this.#open !== undefined) this.read(this.end, visit)
  }

  /** Of that chunk; of what is not one yet, where it is the next. */
  #reader(number: number): ChunkReader {
    const restored = this.#restored[number - this.#firstEver]
    if (restored !== undefined) return new ChunkReader(restored)
    const at = number - this.#firstEver - this.#restored.length
    const end = this.#ends[at] ?? this.#buffer.length
    return new ChunkReader(this.#buffer.finish().subarray(this.#ends[at - 1] ?? 0, end))
  }

  #noteOutcome(source: string, expiresAt: Instant): void {
    const latest = this.#sources.get(source)
    if (latest === undefined || latest < expiresAt) this.#sources.set(source, expiresAt)
  }

  #added({ writtenAt }: ChunkHeader): void {
    this.end++
    this.writtenAt = writtenAt
    this.#startedAt ??= writtenAt
  }
}
