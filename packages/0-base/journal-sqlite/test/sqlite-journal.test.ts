import { chmodSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Durability } from '@hourglass/journal'
import { journalSuite } from '@hourglass/journal/testing'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { describe, expect, it } from 'vitest'
import { newFile } from './temporary.ts'

for (const durability of ['process', 'power'] satisfies Durability[]) {
  journalSuite(`SQLite journal, ${durability}`, () => {
    const file = newFile()
    return {
      open: () => openSqliteJournal({ file, durability }),
      settle: (journal) => new Promise<void>((resolve) => journal.commit([], resolve)),
      dispose: () => undefined,
    }
  })
}

describe('SQLite journal', () => {
  it('is refused to a second node while the first has it', async () => {
    const file = newFile()
    const first = await openSqliteJournal({ file, durability: 'power' })
    for (const durability of ['process', 'power'] as const) {
      await expect(openSqliteJournal({ file, durability })).rejects.toThrow(/in use by another process/)
    }
    await first.close()
    await (await openSqliteJournal({ file, durability: 'power' })).close()
  })

  it('says what is wrong with a file that it cannot use', async () => {
    const noDatabase = newFile()
    writeFileSync(noDatabase, 'not a database, and longer than a header of one hundred octets '.repeat(9))
    await expect(openSqliteJournal({ file: noDatabase, durability: 'power' })).rejects.toThrow(
      /is no journal/,
    )

    const foreign = newFile()
    const database = new DatabaseSync(foreign)
    database.exec('CREATE TABLE theirs (a)')
    database.close()
    await expect(openSqliteJournal({ file: foreign, durability: 'power' })).rejects.toThrow(/another program/)

    const newer = newFile()
    await (await openSqliteJournal({ file: newer, durability: 'power' })).close()
    const later = new DatabaseSync(newer)
    later.exec('PRAGMA user_version = 2')
    later.close()
    await expect(openSqliteJournal({ file: newer, durability: 'power' })).rejects.toThrow(/version 2/)

    const missing = join(newFile(), 'no', 'such')
    await expect(openSqliteJournal({ file: missing, durability: 'power' })).rejects.toThrow(/cannot open/)
    const nowhere = openSqliteJournal({ file: '/proc/journal.sqlite', durability: 'process' })
    await expect(nowhere).rejects.toMatchObject({ name: 'JournalError', code: 'unusable' })
  })

  it('goes on, through checkpoints too, when its directory turns read-only', async () => {
    const file = newFile()
    const journal = await openSqliteJournal({
      file,
      durability: 'process',
      report: () => expect.unreachable(),
    })
    chmodSync(dirname(file), 0o555)
    const value = new Uint8Array(1_000_000)
    for (let n = 0; n < 10; n++) {
      await new Promise<void>((resolve) => journal.commit([{ key: `a/${n}`, value }], resolve))
    }
    expect(await journal.load('a/')).toHaveLength(10)
    await journal.close()
    chmodSync(dirname(file), 0o755)
  })
})
