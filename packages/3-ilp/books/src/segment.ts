/**
 * The chunks of a moment in one buffer: many small ones would take more memory than what is in them. Layer 3, books.
 */
import { Writer } from '@hourglass/oer'
import type { Instant } from '@hourglass/sansio'
import { type ChunkEntry, ChunkReader, ChunkWriter, type Step } from './chunk.ts'

/** A segment takes chunks for so long, or until it is so large. */
const SEGMENT_MS = 1000
const SEGMENT_BYTES = 1_048_576
const CAPACITY_BYTES = 4096

export class Segment {
  /** Numbers of the chunks that it still has. */
  first: number
  end: number
  /** When its newest chunk was written. */
  writtenAt: Instant = 0
  /** Highest id of a hold that was opened in it. */
  lastId = 0
  /** Accounts for whose packets it has outcomes, each with the latest expiry among them. */
  readonly sources: Map<string, Instant> = new Map<string, Instant>()
  readonly #buffer = new Writer(CAPACITY_BYTES)
  readonly #ends: number[] = []
  readonly #firstEver: number
  #startedAt: Instant | undefined
  #open: ChunkWriter | undefined

  /** `first` is the number that its first chunk will have. */
  constructor(first: number) {
    this.first = first
    this.end = first
    this.#firstEver = first
  }

  /** Whether something was written since the last chunk. */
  get hasEntries(): boolean {
    return this.#open !== undefined
  }

  isFull(now: Instant): boolean {
    return this.#buffer.length >= SEGMENT_BYTES || (this.#startedAt ?? now) + SEGMENT_MS <= now
  }

  write(entry: ChunkEntry): void {
    this.#open ??= new ChunkWriter(this.#buffer)
    this.#open.write(entry)
    this.#note('expiresAt' in entry ? entry : { ...entry, source: undefined, expiresAt: 0 })
  }

  /** Ends the chunk that is being written. */
  finish(now: Instant): Uint8Array {
    this.#open ??= new ChunkWriter(this.#buffer)
    const bytes = this.#open.finish(now)
    this.#open = undefined
    this.#added(now)
    return bytes
  }

  /** Takes a chunk from the journal. @throws DecodeError */
  restore(chunk: Uint8Array, visit: (step: Step) => void): void {
    const reader = new ChunkReader(chunk)
    for (let step = reader.skip(); step !== undefined; step = reader.skip()) {
      this.#note(step)
      visit(step)
    }
    this.#buffer.bytes(chunk)
    this.#added(reader.writtenAt)
  }

  /** Reads the chunk of that number. */
  read(number: number, visit: (entry: ChunkEntry) => void): void {
    const at = number - this.#firstEver
    this.#visit(this.#ends[at - 1] ?? 0, this.#ends[at]!, visit)
  }

  /** Reads all, and what is not a chunk yet. */
  scan(visit: (entry: ChunkEntry) => void): void {
    for (let number = this.first; number < this.end; number++) this.read(number, visit)
    if (this.#open !== undefined) this.#visit(this.#ends.at(-1) ?? 0, this.#buffer.length, visit)
  }

  #visit(start: number, end: number, visit: (entry: ChunkEntry) => void): void {
    const reader = new ChunkReader(this.#buffer.finish().subarray(start, end))
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) visit(entry)
  }

  #note(step: Step): void {
    if (step.kind === 'opened') this.lastId = Math.max(this.lastId, step.id)
    else if (step.source !== undefined) {
      this.sources.set(step.source, Math.max(this.sources.get(step.source) ?? 0, step.expiresAt))
    }
  }

  #added(writtenAt: Instant): void {
    this.#ends.push(this.#buffer.length)
    this.end++
    this.writtenAt = writtenAt
    this.#startedAt ??= writtenAt
  }
}
