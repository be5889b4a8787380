import { chmodSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
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
      settle: async () => {
        await nextTurn()
        await nextTurn()
      },
      dispose: () => undefined,
    }
  })
}

describe('SQLite journal', () => {
  it('is refused to a second node while the first has it', async () => {
    const file = newFile()
    const first = openSqliteJournal({ file, durability: 'power' })
    expect(() => openSqliteJournal({ file, durability: 'power' })).toThrow(/in use by another process/)
    await first.close()
    await openSqliteJournal({ file, durability: 'power' }).close()
  })

  it('says what is wrong with a file that it cannot use', async () => {
    const noDatabase = newFile()
    writeFileSync(noDatabase, 'not a database, and longer than a header of one hundred octets '.repeat(9))
    expect(() => openSqliteJournal({ file: noDatabase, durability: 'power' })).toThrow(/is no journal/)

    const foreign = newFile()
    const database = new DatabaseSync(foreign)
    database.exec('CREATE TABLE theirs (a)')
    database.close()
    expect(() => openSqliteJournal({ file: foreign, durability: 'power' })).toThrow(/another program/)

    const newer = newFile()
    await openSqliteJournal({ file: newer, durability: 'power' }).close()
    const later = new DatabaseSync(newer)
    later.exec('PRAGMA user_version = 2')
    later.close()
    expect(() => openSqliteJournal({ file: newer, durability: 'power' })).toThrow(/version 2/)

    const missing = join(newFile(), 'no', 'such')
    expect(() => openSqliteJournal({ file: missing, durability: 'power' })).toThrow(/cannot open/)
    expect(() => openSqliteJournal({ file: '/proc/journal.sqlite', durability: 'power' })).toThrow(
      /cannot open \/proc\/journal.sqlite/,
    )
  })

  it('goes on, through checkpoints too, when its directory turns read-only', async () => {
    const file = newFile()
    const journal = openSqliteJournal({ file, durability: 'process', report: () => expect.unreachable() })
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
