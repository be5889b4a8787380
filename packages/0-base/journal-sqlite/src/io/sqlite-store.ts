/** The one table of records, and the transaction that writes a group of commits. Base, io. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import type { Store } from '@hourglass/journal/io'

export const CREATE_RECORD_TABLE = 'CREATE TABLE record (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT'

export class SqliteStore implements Store {
  readonly #database: DatabaseSync
  readonly #put: StatementSync
  readonly #remove: StatementSync
  readonly #select: StatementSync

  /** Takes over a database that has the table. */
  constructor(database: DatabaseSync) {
    this.#database = database
    this.#put = database.prepare(
      'INSERT INTO record (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    )
    this.#remove = database.prepare('DELETE FROM record WHERE key = ?')
    this.#select = database.prepare(
      'SELECT key, value FROM record WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key',
    )
  }

  write(commits: readonly (readonly JournalRecord[])[]): void {
    // What an earlier failure may have left open.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    this.#database.exec('BEGIN IMMEDIATE')
    for (const records of commits) {
      for (const { key, value } of records) {
        if (value === undefined) this.#remove.run(key)
        else this.#put.run(key, value)
      }
    }
    this.#database.exec('COMMIT')
  }

  load(prefix: string): StoredRecord[] {
    return this.#select.all(prefix).map((row) => ({
      key: row['key'] as string,
      value: row['value'] as Uint8Array,
    }))
  }

  close(): void {
    this.#database.close()
  }
}
