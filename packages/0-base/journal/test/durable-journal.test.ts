import { setImmediate as nextTurn } from 'node:timers/promises'
import { type JournalRecord, MemoryJournal, type StoredRecord } from '@hourglass/journal'
import { DurableJournal, type Store } from '@hourglass/journal/io'
import { type FailingFixture, journalFailureSuite, journalSuite } from '@hourglass/journal/testing'
import { describe, expect, it } from 'vitest'

/** Memory as a store that answers in turns of its own, and that fails when told to. */
class MemoryStore implements Store {
  readonly #records = new MemoryJournal()
  /** The keys of each group that was written. */
  readonly groups: string[][] = []
  isFailing = false
  writing = 0

  async write(commits: readonly (readonly JournalRecord[])[]): Promise<void> {
    expect(++this.writing).toBe(1)
    await nextTurn()
    this.writing--
    if (this.isFailing) throw new Error('no space left')
    for (const records of commits) this.#records.commit(records, () => undefined)
    this.#records.flush()
    this.groups.push(commits.flat().map(({ key }) => key))
  }

  load(prefix: string): StoredRecord[] {
    return this.#records.load(prefix)
  }

  close(): void {}
}

function makeFixture(): FailingFixture {
  const store = new MemoryStore()
  return {
    open: (report) => new DurableJournal(store, { report }),
    async settle() {
      for (let turn = 0; turn < 4; turn++) await nextTurn()
    },
    fail: () => void (store.isFailing = true),
    recover: () => void (store.isFailing = false),
    dispose: () => undefined,
  }
}

journalSuite('DurableJournal', makeFixture)
journalFailureSuite('DurableJournal', makeFixture)

describe('DurableJournal', () => {
  const put = (key: string): JournalRecord[] => [{ key, value: Uint8Array.of(1) }]

  it('writes together what one turn asks for, and what comes in while a write is under way', async () => {
    const store = new MemoryStore()
    const journal = new DurableJournal(store)
    journal.commit(put('a'), () => undefined)
    journal.commit(put('b'), () => undefined)
    await nextTurn()
    expect(store.writing).toBe(1)
    await new Promise<void>((resolve) => {
      journal.commit(put('c'), () => undefined)
      journal.commit(put('d'), resolve)
    })
    expect(store.groups).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    await journal.close()
  })

  it('waits for the write under way when it is closed, and takes no commit from then on', async () => {
    const store = new MemoryStore()
    const journal = new DurableJournal(store)
    const done: string[] = []
    journal.commit(put('a'), () => done.push('a'))
    await nextTurn()
    journal.commit(put('b'), () => done.push('b'))
    const closed = journal.close()
    journal.commit(put('c'), () => done.push('c'))
    await closed
    await journal.close()
    expect(done).toEqual(['a', 'b'])
    expect(store.groups).toEqual([['a'], ['b']])
  })

  it('asks the store at once whether it works when told to check, and until it does', async () => {
    const store = new MemoryStore()
    const healths: boolean[] = []
    const recovered = new Promise<void>((resolve) => {
      const journal = new DurableJournal(store, {
        report({ isWorking }) {
          healths.push(isWorking)
          store.isFailing = false
          if (isWorking) resolve()
        },
      })
      store.isFailing = true
      journal.check()
    })
    await recovered
    expect(healths).toEqual([false, true])
    expect(store.groups).toEqual([[]])
  })
})
