/**
 * The course of every hold as records: one chunk for each commit, and old chunks go. Layer 3, books.
 *
 *   hold/000000000000017   opened 5, opened 6, posted 4
 *   hold/000000000000018   voided 6, opened 7, posted 5
 *
 * A row for each packet would cost more than the packet. A chunk is kept as long as a peer may ask what became of
 * a packet in it; what is undecided by then, or owed to a peer that is away, moves on into the newest chunk.
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { type Instant, Queue } from '@hourglass/sansio'
import { type ChunkEntry, ChunkReader, ChunkWriter } from './chunk.ts'

/** How long it is known what became of a packet, from its outcome on. */
export const OUTCOME_KEPT_MS = 60_000
/** Chunks that one commit takes leave of, so that no commit becomes long. */
const CHUNKS_RETIRED_MAX = 4
/** Keys sort as their numbers do, for longer than any node lives. */
const KEY_DIGITS = 15
export const HOLD_KEY_PREFIX = 'hold/'

/** What of an old chunk must stay. */
export interface Needs {
  /** Whether anything may be needed of a chunk that opened holds up to `lastId` and posted for these accounts. */
  chunk(lastId: number, sources: ReadonlySet<string>): boolean
  entry(entry: ChunkEntry): ChunkEntry | undefined
}

/** What a chunk is about, known without reading it. */
class Summary {
  lastId = 0
  readonly sources = new Set<string>()

  add(entry: ChunkEntry): void {
    if (entry.kind === 'opened') this.lastId = Math.max(this.lastId, entry.id)
    else if ('source' in entry) this.sources.add(entry.source)
  }
}

interface Chunk {
  readonly key: string
  readonly bytes: Uint8Array
  readonly writtenAt: Instant
  readonly summary: Summary
}

export class HoldLog {
  readonly #chunks = new Queue<Chunk>()
  #lastNumber = 0
  #writer = new ChunkWriter()
  #summary = new Summary()

  get hasChanges(): boolean {
    return !this.#writer.isEmpty
  }

  write(entry: ChunkEntry): void {
    this.#writer.write(entry)
    this.#summary.add(entry)
  }

  /** Takes a chunk out of the journal, in the order of the keys, and hands out what is in it. @throws DecodeError */
  restore({ key, value }: StoredRecord, visit: (entry: ChunkEntry) => void): void {
    const summary = new Summary()
    const writtenAt = readChunk(value, (entry) => {
      summary.add(entry)
      visit(entry)
    })
    this.#chunks.push({ key, bytes: value, writtenAt, summary })
    this.#lastNumber = Number(key.slice(HOLD_KEY_PREFIX.length))
  }

  /** Reads all that is kept, oldest first. */
  scan(visit: (entry: ChunkEntry) => void): void {
    for (const { bytes } of this.#chunks) readChunk(bytes, visit)
    readChunk(this.#writer.peek(), visit)
  }

  /** The records of all that was written since the last call. */
  take(now: Instant, needs: Needs): JournalRecord[] {
    const records = this.#retire(now, needs)
    if (this.#writer.isEmpty) return records
    const key = `${HOLD_KEY_PREFIX}${String(++this.#lastNumber).padStart(KEY_DIGITS, '0')}`
    const bytes = this.#writer.finish(now)
    this.#chunks.push({ key, bytes, writtenAt: now, summary: this.#summary })
    this.#writer = new ChunkWriter()
    this.#summary = new Summary()
    records.push({ key, value: bytes })
    return records
  }

  #retire(now: Instant, needs: Needs): JournalRecord[] {
    const records: JournalRecord[] = []
    while (records.length < CHUNKS_RETIRED_MAX) {
      const oldest = this.#chunks.peek()
      if (oldest === undefined || now < oldest.writtenAt + OUTCOME_KEPT_MS) break
      const { lastId, sources } = oldest.summary
      if (needs.chunk(lastId, sources)) {
        readChunk(oldest.bytes, (entry) => {
          const needed = needs.entry(entry)
          if (needed !== undefined) this.write(needed)
        })
      }
      this.#chunks.shift()
      records.push({ key: oldest.key, value: undefined })
    }
    return records
  }
}

/** Returns when it was written. @throws DecodeError */
function readChunk(bytes: Uint8Array, visit: (entry: ChunkEntry) => void): Instant {
  const reader = new ChunkReader(bytes)
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) visit(entry)
  return reader.writtenAt
}
