/** The node's journal, where its config says it lies, and what is in it. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Journal, JournalHealth, StoredRecord } from '@hourglass/journal'
import { openPostgresJournal } from '@hourglass/journal-postgres/io'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { type Config, ConfigError, readSecret } from './config.ts'
import { StartError } from './start-error.ts'

export interface LoadedJournal {
  readonly journal: Journal
  readonly records: readonly StoredRecord[]
}

type Report = (health: JournalHealth) => void

/**
 * Opens the journal that the config names, unless one is given; `report` hears how its store does.
 * @throws StartError | ConfigError
 */
export async function loadJournal(config: Config, report: Report, given?: Journal): Promise<LoadedJournal> {
  let journal = given
  try {
    journal ??= await openJournal(config, report)
    return { journal, records: await journal.load('') }
  } catch (error) {
    await journal?.close()
    if (error instanceof ConfigError) throw error
    const where = config.journal.kind === 'postgres' ? 'PostgreSQL' : config.data
    throw new StartError(`cannot open the journal in ${where}: ${(error as Error).message}`)
  }
}

async function openJournal({ journal, data, durability }: Config, report: Report): Promise<Journal> {
  if (journal.kind === 'postgres') {
    const url = readSecret(journal.url, 'journal.url')
    return openPostgresJournal({ url, name: journal.name, durability, report })
  }
  mkdirSync(data, { recursive: true, mode: 0o700 })
  return openSqliteJournal({ file: join(data, 'journal.sqlite'), durability, report })
}
