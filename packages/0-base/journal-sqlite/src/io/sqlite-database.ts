/**
 * One SQLite file as a journal's database: ours, of the version that we know, locked. Base, io.
 *
 * SQLite's write-ahead log makes a transaction durable against the end of the process as it is, and against the
 * loss of power with `synchronous = FULL`.
 */
import { DatabaseSync } from 'node:sqlite'
import type { Durability } from '@hourglass/journal'
import { JournalError } from '@hourglass/journal/io'
import { CREATE_RECORD_TABLE } from './sqlite-store.ts'

/** `application_id` of our files: "HGLJ". */
const APPLICATION_ID = 0x48474c4a
/** `user_version` of the one table that we know. */
const SCHEMA_VERSION = 1
/** Pages of the write-ahead log after which SQLite copies it into the file, and waits for the disk: 16 MiB. */
const CHECKPOINT_PAGES = 4096

/** @throws JournalError `unusable` | `in-use` | `foreign` */
export function openDatabase(file: string, durability: Durability): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file)
    prepare(database, file, durability)
    return database
  } catch (error) {
    database?.close()
    throw error instanceof JournalError ? error : explain(error as SqliteError, file)
  }
}

/** What node:sqlite throws: https://sqlite.org/rescode.html, the low octet of `errcode`. */
type SqliteError = Error & { readonly errcode?: number }

const SQLITE_BUSY = 5
const SQLITE_NOTADB = 26

function explain(error: SqliteError, file: string): JournalError {
  switch ((error.errcode ?? 0) & 0xff) {
    case SQLITE_BUSY:
      return new JournalError('in-use', `${file} is in use by another process`, { cause: error })
    case SQLITE_NOTADB:
      return new JournalError('foreign', `${file} is no journal: ${error.message}`, { cause: error })
    default:
      return new JournalError('unusable', `cannot open ${file}: ${error.message}`, { cause: error })
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
      ${CREATE_RECORD_TABLE};
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
