/**
 * A journal that lasts as long as its process, for tests and nodes that need none. Base.
 * It has no event loop: `flush` makes durable what was committed, so that a test decides when, or never.
 */
import type { Journal, Records, StoredRecord } from './journal.ts'

interface Waiting {
  readonly records: Records
  readonly done: () => void
}

export class MemoryJournal implements Journal {
  readonly #values = new Map<string, Uint8Array>()
  #waiting: Waiting[] = []

  /** Commits that were asked for and are not durable. */
  get waiting(): number {
    return this.#waiting.length
  }

  commit(records: Records, done: () => void): void {
    this.#waiting.push({ records, done })
  }

  /** Makes durable what was committed before this call, in order. */
  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { records, done } of waiting) {
      this.#keep(records)
      done()
    }
  }

  /**
   * What a crash does: commits that were not flushed are lost, and nobody hears of them. A disk may yet have taken
   * the first `kept` of them.
   */
  lose(kept = 0): void {
    for (const { records } of this.#waiting.slice(0, kept)) this.#keep(records)
    this.#waiting = []
  }

  load(prefix: string): StoredRecord[] {
    return [...this.#values]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value: value.slice() }))
  }

  close(): void {
    this.flush()
  }

  #keep(records: Records): void {
    for (const { key, value } of typeof records === 'function' ? records() : records) {
      if (value === undefined) this.#values.delete(key)
      else this.#values.set(key, value.slice())
    }
  }
}
