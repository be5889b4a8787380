/** Opens durable records in one SQLite file. Base, io. */
import type { Durability, Journal } from '@hourglass/journal'
import { DurableJournal, type DurableJournalOptions } from '@hourglass/journal/io'
import { openDatabase } from './sqlite-database.ts'
import { SqliteStore } from './sqlite-store.ts'

export interface SqliteJournalOptions extends DurableJournalOptions {
  /** Made where it does not exist; its directory must. */
  readonly file: string
  readonly durability: Durability
}

/** @throws JournalError `unusable` | `in-use` | `foreign` */
export function openSqliteJournal({ file, durability, report }: SqliteJournalOptions): Journal {
  return new DurableJournal(new SqliteStore(openDatabase(file, durability)), { report })
}
