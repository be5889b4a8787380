import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Durability } from '@hourglass/journal'
import { journalSuite } from '@hourglass/journal/testing'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { afterEach, describe, expect, it } from 'vitest'

const directories: string[] = []
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

function newFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'journal-'))
  directories.push(directory)
  return join(directory, 'journal.sqlite')
}

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
  it('is refused to a second node while the first has it', () => {
    const file = newFile()
    const first = openSqliteJournal({ file, durability: 'power' })
    expect(() => openSqliteJournal({ file, durability: 'power' })).toThrow(/in use by another process/)
    first.close()
    openSqliteJournal({ file, durability: 'power' }).close()
  })

  it('says what is wrong with a file that it cannot use', () => {
    const noDatabase = newFile()
    writeFileSync(noDatabase, 'not a database, and longer than a header of one hundred octets '.repeat(9))
    expect(() => openSqliteJournal({ file: noDatabase, durability: 'power' })).toThrow(/is no journal/)

    const foreign = newFile()
    const database = new DatabaseSync(foreign)
    database.exec('CREATE TABLE theirs (a)')
    database.close()
    expect(() => openSqliteJournal({ file: foreign, durability: 'power' })).toThrow(/another program/)

    const newer = newFile()
    openSqliteJournal({ file: newer, durability: 'power' }).close()
    const later = new DatabaseSync(newer)
    later.exec('PRAGMA user_version = 2')
    later.close()
    expect(() => openSqliteJournal({ file: newer, durability: 'power' })).toThrow(/version 2/)

    const missing = join(newFile(), 'no', 'such')
    expect(() => openSqliteJournal({ file: missing, durability: 'power' })).toThrow(/cannot open/)
  })

  it('reports the error of a commit that fails, keeps none of it, and goes on', async () => {
    const journal = openSqliteJournal({ file: newFile(), durability: 'process' })
    const errors: (Error | undefined)[] = []
    const done = (error?: Error): unknown => errors.push(error)
    journal.commit(
      [
        { key: 'a', value: Uint8Array.of(1) },
        { key: 'b', value: 'no octets' as never },
      ],
      done,
    )
    await nextTurn()
    journal.commit([{ key: 'c', value: Uint8Array.of(1) }], done)
    await nextTurn()
    expect(errors).toEqual([expect.any(Error), undefined])
    expect(journal.load('').map(({ key }) => key)).toEqual(['c'])
    journal.close()
  })

  it('still has all that it reported after kill -9, whenever that comes', async () => {
    for (const killAfter of [1, 50, 400]) {
      const file = newFile()
      const child = fork(fileURLToPath(new URL('./committer.ts', import.meta.url)), [file], {
        execArgv: ['--conditions=@hourglass/source'],
      })
      let reported = -1
      await new Promise<void>((resolve) => {
        child.on('message', (n) => {
          reported = Number(n)
          if (reported >= killAfter) child.kill('SIGKILL')
        })
        child.on('exit', () => resolve())
      })
      const journal = openSqliteJournal({ file, durability: 'process' })
      const keys = new Set(journal.load('').map(({ key }) => key))
      journal.close()
      expect(reported).toBeGreaterThanOrEqual(killAfter)
      for (let n = 0; n <= reported; n++) expect(keys.has(`record/${n}`), `record ${n}`).toBe(true)
    }
  })
})
