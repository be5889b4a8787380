import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Durability } from '@hourglass/journal'
import { DurableJournal } from '@hourglass/journal/io'
import { expectBeginning, journalFailureSuite } from '@hourglass/journal/testing'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../src/io/sqlite-database.ts'
import { SqliteStore } from '../src/io/sqlite-store.ts'
import { newFile } from './temporary.ts'

journalFailureSuite('SQLite journal that turns read-only', () => {
  const file = newFile()
  let database: DatabaseSync
  let isFailing = false
  const set = (value: boolean): void => {
    isFailing = value
    if (database.isOpen) database.exec(`PRAGMA query_only = ${value}`)
  }
  return {
    open(report) {
      database = openDatabase(file, 'process')
      set(isFailing)
      return new DurableJournal(new SqliteStore(database), { report })
    },
    settle: () => nextTurn(),
    fail: () => set(true),
    recover: () => set(false),
    dispose: () => undefined,
  }
})

function startCommitter(file: string, durability: Durability): ChildProcess {
  const script = fileURLToPath(new URL('./committer.ts', import.meta.url))
  const child = fork(script, [file, durability], { execArgv: ['--conditions=@hourglass/source'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Bounds the size of the files that a process writes, as a full disk would. */
function limitFiles({ pid }: ChildProcess, bytes: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
}

/** Follows a committer until it has ended. */
function follow(
  child: ChildProcess,
  handle: (message: number | string, reported: number) => void,
): Promise<number> {
  let reported = -1
  return new Promise((resolve) => {
    child.on('message', (message: number | string) => {
      if (typeof message === 'number') {
        expect(message).toBe(reported + 1)
        reported = message
      }
      handle(message, reported)
    })
    child.on('exit', () => resolve(reported))
  })
}

async function expectBeginningIn(file: string, reported: number): Promise<void> {
  const journal = await openSqliteJournal({ file, durability: 'process' })
  await expectBeginning(journal, reported)
  await journal.close()
}

describe.each<Durability>(['process', 'power'])('SQLite journal, %s', (durability) => {
  it('leaves after kill -9 the beginning of what was committed, with all that it reported', async () => {
    for (const killAfter of [1, 50, 400, 5000]) {
      const file = newFile()
      const child = startCommitter(file, durability)
      const reported = await follow(child, (_, n) => {
        if (n >= killAfter) child.kill('SIGKILL')
      })
      expect(reported).toBeGreaterThanOrEqual(killAfter)
      await expectBeginningIn(file, reported)
    }
  })

  it('reports nothing while it may not grow its file, and goes on by itself when it may', async () => {
    const file = newFile()
    const child = startCommitter(file, durability)
    const healths: string[] = []
    let reportedAtFailure = -1
    const reported = await follow(child, (message, n) => {
      if (message === 0) limitFiles(child, '500000')
      if (message === 'failing') {
        reportedAtFailure = n
        healths.push(message)
        // In the midst of its tries.
        setTimeout(() => limitFiles(child, 'unlimited'), 250)
      } else if (message === 'working') {
        expect(n).toBe(reportedAtFailure)
        healths.push(message)
      } else if (healths.includes('working') && n > reportedAtFailure + 5000) {
        child.kill('SIGKILL')
      }
    })
    expect(healths).toEqual(['failing', 'working'])
    expect(reported).toBeGreaterThan(reportedAtFailure + 5000)
    await expectBeginningIn(file, reported)
  })
})

describe('SQLite journal', () => {
  it('keeps what it has while the disk is full, and goes on when there is room', async () => {
    const file = newFile()
    const database = openDatabase(file, 'power')
    const healths: boolean[] = []
    const journal = new DurableJournal(new SqliteStore(database), {
      report: ({ isWorking }) => healths.push(isWorking),
    })
    database.exec('PRAGMA max_page_count = 100')
    const done: number[] = []
    const value = new Uint8Array(10_000)
    for (let n = 0; healths.length === 0; n++) {
      journal.commit([{ key: `a/${String(n).padStart(4, '0')}`, value }], () => done.push(n))
      await nextTurn()
      await nextTurn()
    }
    expect(healths).toEqual([false])
    const kept = (await journal.load('')).length
    expect(done).toHaveLength(kept)
    database.exec('PRAGMA max_page_count = 1000')
    await new Promise<void>((resolve) => journal.commit([], resolve))
    expect(healths).toEqual([false, true])
    expect(done).toHaveLength(kept + 1)
    await journal.close()
  })
})
