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
import type { ChunkEntry, OpenedEntry } from './chunk.ts'
import { Segment } from './segment.ts'

/** How long it is known what became of a packet, from its outcome on. */
export const OUTCOME_KEPT_MS = 60_000
/** Chunks that one commit takes leave of, so that no commit becomes long. */
const CHUNKS_RETIRED_MAX = 4
/** Keys sort as their numbers do, for longer than any node lives. */
const KEY_DIGITS = 15
export const HOLD_KEY_PREFIX = 'hold/'

/** What of an old chunk must stay. */
export interface Needs {
  /** Lowest id of a hold that is not decided; above all ids where there is none. */
  oldestHold(): number
  /** Whether anything may be needed of chunks that opened holds up to `lastId` and posted for these accounts. */
  chunk(lastId: number, sources: ReadonlyMap<string, Instant>): boolean
  entry(entry: ChunkEntry): ChunkEntry | undefined
  /** Outcomes of this account's packets that expired until then are not kept any more. */
  forget(source: string, until: Instant): void
}

export class HoldLog {
  /** Oldest first; the one that is written to is apart. */
  readonly #full = new Queue<Segment>()
  #newest = new Segment(1)
  /** Highest id that a hold ever had. */
  lastId = 0
  /** While the log is restored: holds below are decided. */
  #oldestHold = 0

  get hasChanges(): boolean {
    return this.#newest.hasEntries
  }

  write(entry: ChunkEntry): void {
    if (entry.id > this.lastId) this.lastId = entry.id
    this.#newest.write(entry)
  }

  /** Takes a chunk out of the journal, in the order of the keys. @throws DecodeError */
  restore({ key, value }: StoredRecord): void {
    const number = Number(key.slice(HOLD_KEY_PREFIX.length))
    // Numbers have gaps where chunks without entries would have stood.
    if (number !== this.#newest.end) this.#begin(number)
    const { lastId, oldestHold } = this.#newest.restore(value)
    this.lastId = lastId
    this.#oldestHold = oldestHold
    if (this.#newest.isFull(this.#newest.writtenAt)) this.#begin(this.#newest.end)
  }

  /** Once, when all is restored: the holds without an outcome, in the order of their ids. */
  undecided(): OpenedEntry[] {
    const segments = [...this.#full, this.#newest].filter(({ lastId }) => lastId >= this.#oldestHold)
    const openedIn = new Map<number, number>()
    const givenUp = new Set<number>()
    for (const segment of segments) {
      for (let number = segment.first; number < segment.end; number++) {
        segment.steps(number, ({ kind, id }) => {
          if (kind === 'opened') openedIn.set(id, number)
          else if (kind === 'given-up') givenUp.add(id)
          else if (kind !== 'written-off') openedIn.delete(id)
        })
      }
    }
    const chunks = new Set(openedIn.values())
    const undecided: OpenedEntry[] = []
    for (const segment of segments) {
      for (let number = segment.first; number < segment.end; number++) {
        if (!chunks.has(number)) continue
        segment.read(number, (entry) => {
          if (entry.kind !== 'opened' || openedIn.get(entry.id) !== number) return
          undecided.push(givenUp.has(entry.id) ? { ...entry, state: 'given-up' } : entry)
        })
      }
    }
    return undecided.sort((a, b) => a.id - b.id)
  }

  /** Reads all that is kept, oldest first. */
  scan(visit: (entry: ChunkEntry) => void): void {
    for (const segment of this.#full) segment.scan(visit)
    this.#newest.scan(visit)
  }

  /** The records of all that was written since the last call. */
  take(now: Instant, needs: Needs): JournalRecord[] {
    const records = this.#retire(now, needs)
    if (!this.#newest.hasEntries) return records
    const key = keyOf(this.#newest.end)
    const oldestHold = Math.min(needs.oldestHold(), this.lastId + 1)
    records.push({ key, value: this.#newest.finish({ writtenAt: now, lastId: this.lastId, oldestHold }) })
    if (this.#newest.isFull(now)) this.#begin(this.#newest.end)
    return records
  }

  #begin(number: number): void {
    if (this.#newest.first < this.#newest.end) this.#full.push(this.#newest)
    this.#newest = new Segment(number, this.#newest.bytes)
  }

  #retire(now: Instant, needs: Needs): JournalRecord[] {
    const records: JournalRecord[] = []
    while (records.length < CHUNKS_RETIRED_MAX) {
      const oldest = this.#full.peek() ?? this.#newest
      if (oldest.first === oldest.end || now < oldest.writtenAt + OUTCOME_KEPT_MS) break
      if (needs.chunk(oldest.lastId, oldest.sources)) {
        oldest.read(oldest.first, (entry) => {
          const needed = needs.entry(entry)
          if (needed !== undefined) this.write(needed)
          else if (entry.kind === 'posted') needs.forget(entry.source, entry.expiresAt)
        })
      } else for (const [source, until] of oldest.sources) needs.forget(source, until)
      records.push({ key: keyOf(oldest.first++), value: undefined })
      if (oldest.first === oldest.end && oldest !== this.#newest) this.#full.shift()
    }
    return records
  }
}

function keyOf(number: number): string {
  return `${HOLD_KEY_PREFIX}${String(number).padStart(KEY_DIGITS, '0')}`
}
