/**
 * Durable records in one SQLite file. Base, io.
 *
 * Group commit: all that one event-loop turn asks for is one transaction, so that under load the disk is waited
 * for once a turn, not once a commit. SQLite's write-ahead log makes a transaction durable against the end of
 * the process as it is, and against the loss of power with `synchronous = FULL`.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Durability, Journal, JournalRecord, StoredRecord } from '@hourglass/journal'

export type JournalErrorCode =
  /** The file cannot be opened, made or read. */
  | 'unusable'
  /** Another process has it: one journal, one node. */
  | 'in-use'
  /** It holds something else, or what a newer version wrote. */
  | 'foreign'
  | 'closed'

export class JournalError extends Error {
  override readonly name = 'JournalError'
  readonly code: JournalErrorCode

  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export interface SqliteJournalOptions {
  /** Made where it does not exist; its directory must. */
  readonly file: string
  readonly durability: Durability
}

/** `application_id` of our files: "HGLJ". */
const APPLICATION_ID = 0x48474c4a
/** `user_version` of the one table that we know. */
const SCHEMA_VERSION = 1
/** Pages of the write-ahead log after which SQLite copies it into the file: 4 MiB. */
const CHECKPOINT_PAGES = 1024

/** @throws JournalError */
export function openSqliteJournal({ file, durability }: SqliteJournalOptions): Journal {
  let database: DatabaseSync
  try {
    database = new DatabaseSync(file)
  } catch (error) {
    throw new JournalError('unusable', `cannot open ${file}: ${(error as Error).message}`, { cause: error })
  }
  try {
    prepare(database, file, durability)
    return new SqliteJournal(database)
  } catch (error) {
    database.close()
    if (error instanceof JournalError) throw error
    const isLocked = /locked|busy/.test((error as Error).message)
    throw isLocked
      ? new JournalError('in-use', `${file} is in use by another process`, { cause: error })
      : new JournalError('foreign', `${file} is no journal: ${(error as Error).message}`, { cause: error })
  }
}

function prepare(database: DatabaseSync, file: string, durability: Durability): void {
  // The lock is taken by the first read and kept to the end: a second node on these books would be ruinous.
  database.exec('PRAGMA locking_mode = EXCLUSIVE')
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(`PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
  database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  database.exec('BEGIN IMMEDIATE')
  const applicationId = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']
  if (applicationId === 0 && tables === 0) {
    database.exec(`
      CREATE TABLE record (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${SCHEMA_VERSION};`)
  } else if (applicationId !== APPLICATION_ID) {
    throw new JournalError('foreign', `${file} is a database of another program`)
  } else if (version !== SCHEMA_VERSION) {
    throw new JournalError(
      'foreign',
      `${file} has version ${version} of the journal, and this program knows ${SCHEMA_VERSION}: use a newer one`,
    )
  }
  database.exec('COMMIT')
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

interface Waiting {
  readonly records: readonly JournalRecord[]
  readonly done: (error?: Error) => void
}

class SqliteJournal implements Journal {
  readonly #database: DatabaseSync
  readonly #put: StatementSync
  readonly #remove: StatementSync
  readonly #select: StatementSync
  #waiting: Waiting[] = []
  #turn: NodeJS.Immediate | undefined

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#put = database.prepare('INSERT OR REPLACE INTO record (key, value) VALUES (?, ?)')
    this.#remove = database.prepare('DELETE FROM record WHERE key = ?')
    this.#select = database.prepare(
      'SELECT key, value FROM record WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key',
    )
  }

  commit(records: readonly JournalRecord[], done: (error?: Error) => void): void {
    if (!this.#database.isOpen) {
      setImmediate(() => done(new JournalError('closed', 'the journal is closed')))
      return
    }
    this.#waiting.push({ records, done })
    this.#turn ??= setImmediate(() => this.#flush())
  }

  load(prefix: string): StoredRecord[] {
    return this.#select.all(prefix).map((row) => ({
      key: row['key'] as string,
      value: row['value'] as Uint8Array,
    }))
  }

  close(): void {
    if (!this.#database.isOpen) return
    clearImmediate(this.#turn)
    this.#flush()
    this.#database.close()
  }

  /** Writes what waits in one transaction; reports once the transaction is durable, or has failed as a whole. */
  #flush(): void {
    this.#turn = undefined
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length === 0) return
    const error = this.#write(waiting)
    for (const { done } of waiting) done(error)
  }

  #write(waiting: readonly Waiting[]): Error | undefined {
    try {
      this.#database.exec('BEGIN')
      for (const { records } of waiting) {
        for (const { key, value } of records) {
          if (value === undefined) this.#remove.run(key)
          else this.#put.run(key, value)
        }
      }
      this.#database.exec('COMMIT')
      return undefined
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      return error as Error
    }
  }
}
