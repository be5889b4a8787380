/** Opens durable records in one SQLite file. Base, io. */
import type { Durability, Journal } from '@hourglass/journal'
import { DurableJournal, type DurableJournalOptions } from '@hourglass/journal/io'
import { openDatabase } from './sqlite-database.ts'
import { SqliteStore } from './sqlite-store.ts'
import { WorkerStore } from './worker-store.ts'

export interface SqliteJournalOptions extends DurableJournalOptions {
  /** Made where it does not exist; its directory must. */
  readonly file: string
  readonly durability: Durability
}

/** @throws JournalError `unusable` | `in-use` | `foreign` */
export async function openSqliteJournal({
  file,
  durability,
  report,
}: SqliteJournalOptions): Promise<Journal> {
  // Where the disk is waited for, a thread of its own does so. A write that waits for nothing costs less than a
  // message to another thread.
  const store =
    durability === 'power'
      ? await WorkerStore.open({ file, durability })
      : new SqliteStore(openDatabase(file, durability))
  return new DurableJournal(store, { report })
}
