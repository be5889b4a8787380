/**
 * What all durable journals share: commits in groups, in order, for as long as it takes. Base, io.
 *
 * All that one event-loop turn asks for is one transaction, so that under load the store is waited for once a turn,
 * not once a commit. One write is under way at a time, which keeps the order; a write that fails is tried again with
 * all that has come in since, after a pause that grows.
 *
 *   idle ── commit ──▶ turn ── its end ──▶ writing ── durable ──▶ idle | turn
 *                                          ▲     │ failed
 *                                          └─ pause (100 ms … 5 s)
 */
import { atTurnEnd } from '@hourglass/sansio/io'
import type { Journal, JournalHealth, JournalRecord, Records, StoredRecord } from '../journal.ts'
import { JournalError } from './journal-error.ts'

/** Where records lie: a file, a server. One call at a time, but for `load`. */
export interface Store {
  /**
   * Makes the records of all these commits durable together, as if written one by one; no commits at all ask only
   * whether the store works. Throws or rejects where it cannot tell that they are durable, and takes the same
   * records again then.
   */
  write(commits: readonly (readonly JournalRecord[])[]): void | Promise<void>
  load(prefix: string): StoredRecord[] | Promise<StoredRecord[]>
  close(): void | Promise<void>
}

export interface DurableJournalOptions {
  /** Told when the store begins to fail, when it works again, and when it is given up; it works to begin with. */
  readonly report?: ((health: JournalHealth) => void) | undefined
}

/** The pause after a first failure; each further one doubles it. */
const RETRY_MS = 100
const RETRY_MS_MAX = 5000

interface Waiting {
  records: Records
  readonly done: () => void
}

export class DurableJournal implements Journal {
  readonly #store: Store
  readonly #report: (health: JournalHealth) => void
  /** In the order of the calls; those that are being written are not among them. */
  #waiting: Waiting[] = []
  /** Whether a write follows this turn. */
  #isDue = false
  #pause: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #failures = 0
  #closing: Promise<void> | undefined

  constructor(store: Store, { report = () => undefined }: DurableJournalOptions = {}) {
    this.#store = store
    this.#report = report
  }

  commit(records: Records, done: () => void): void {
    if (this.#closing !== undefined) return
    this.#waiting.push({ records, done })
    this.#schedule()
  }

  /** Writes soon even where nothing waits: for a store that has seen itself fail. */
  check(): void {
    if (this.#closing === undefined) this.#schedule()
  }

  load(prefix: string): StoredRecord[] | Promise<StoredRecord[]> {
    return this.#store.load(prefix)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearTimeout(this.#pause)
    await this.#writing
    if (this.#waiting.length > 0) await this.#write()
    const lost = this.#waiting.length
    if (lost > 0) {
      const error = new JournalError('given-up', `closed before ${lost} commits could be written`)
      this.#report({ isWorking: false, error })
    }
    await this.#store.close()
  }

  /** Unless a write is to come anyway, lets one follow this turn. */
  #schedule(): void {
    if (this.#isDue || this.#pause !== undefined || this.#writing !== undefined) return
    this.#isDue = true
    atTurnEnd('commit', () => {
      this.#isDue = false
      if (this.#closing === undefined) this.#begin()
    })
  }

  #begin(): void {
    this.#writing = this.#write()?.then(() => {
      this.#writing = undefined
      this.#goOn()
    })
    if (this.#writing === undefined) this.#goOn()
  }

  #goOn(): void {
    if (this.#closing !== undefined) return
    if (this.#failures > 0) this.#retry()
    else if (this.#waiting.length > 0) this.#schedule()
  }

  #retry(): void {
    const pauseMs = Math.min(RETRY_MS * 2 ** (this.#failures - 1), RETRY_MS_MAX)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#begin()
    }, pauseMs)
  }

  /** Writes all that waits, at once where the store does not make it wait. */
  #write(): Promise<void> | undefined {
    const group = this.#waiting
    this.#waiting = []
    const commits = group.map(take)
    try {
      const writing = this.#store.write(commits)
      if (writing !== undefined) {
        return writing.then(
          () => this.#written(group),
          (error: unknown) => this.#refused(group, error),
        )
      }
    } catch (error) {
      this.#refused(group, error)
      return undefined
    }
    this.#written(group)
    return undefined
  }

  /** Puts the group back, before what came in meanwhile. */
  #refused(group: readonly Waiting[], error: unknown): void {
    this.#waiting = [...group, ...this.#waiting]
    if (this.#failures++ === 0) this.#report({ isWorking: false, error: error as Error })
  }

  #written(group: readonly Waiting[]): void {
    if (this.#failures > 0) this.#report({ isWorking: true })
    this.#failures = 0
    for (const { done } of group) done()
  }
}

/** Once: what is written again is what was to be written. */
function take(waiting: Waiting): readonly JournalRecord[] {
  if (typeof waiting.records === 'function') waiting.records = waiting.records()
  return waiting.records
}
