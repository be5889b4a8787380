/** What every journal must do. Base, testing. */
import { describe, expect, it } from 'vitest'
import type { Journal, JournalRecord } from '../journal.ts'

export interface JournalFixture {
  /** A journal on the store of this fixture: empty the first time, as it was left afterwards. */
  open(): Journal
  /** Lets what was committed become durable. */
  settle(journal: Journal): Promise<void>
  /** Removes the store. */
  dispose(): void
}

function record(key: string, ...octets: number[]): JournalRecord {
  return { key, value: Uint8Array.from(octets) }
}

export function journalSuite(name: string, makeFixture: () => JournalFixture): void {
  describe(`${name}, as a journal`, () => {
    async function withJournal(
      test: (journal: Journal, fixture: JournalFixture) => Promise<void>,
    ): Promise<void> {
      const fixture = makeFixture()
      const journal = fixture.open()
      try {
        await test(journal, fixture)
      } finally {
        journal.close()
        fixture.dispose()
      }
    }

    it('holds what it has reported done, and nothing else before', async () => {
      await withJournal(async (journal, fixture) => {
        const done: string[] = []
        journal.commit([record('a/1', 1)], () => done.push('first'))
        expect(done).toEqual([])
        expect(journal.load('')).toEqual([])
        await fixture.settle(journal)
        expect(done).toEqual(['first'])
        expect(journal.load('')).toEqual([record('a/1', 1)])
      })
    })

    it('reports commits in the order in which they were asked for; the newest value of a key counts', async () => {
      await withJournal(async (journal, fixture) => {
        const done: number[] = []
        for (const i of [1, 2, 3, 4, 5])
          journal.commit([record('a', i), record(`b/${i}`, i)], () => done.push(i))
        await fixture.settle(journal)
        expect(done).toEqual([1, 2, 3, 4, 5])
        expect(journal.load('a')).toEqual([record('a', 5)])
      })
    })

    it('removes a record whose value is undefined', async () => {
      await withJournal(async (journal, fixture) => {
        journal.commit([record('a', 1), record('b', 2)], () => {})
        journal.commit(
          [
            { key: 'a', value: undefined },
            { key: 'missing', value: undefined },
          ],
          () => {},
        )
        await fixture.settle(journal)
        expect(journal.load('')).toEqual([record('b', 2)])
      })
    })

    it('loads by prefix, in the order of the keys, and % and _ mean themselves', async () => {
      await withJournal(async (journal, fixture) => {
        const keys = ['b', 'a_c/2', 'a%c/1', 'abc/3', 'a_c/1', 'a_d']
        journal.commit(
          keys.map((key) => record(key, 0)),
          () => {},
        )
        await fixture.settle(journal)
        expect(journal.load('a_c/').map(({ key }) => key)).toEqual(['a_c/1', 'a_c/2'])
        expect(journal.load('a%').map(({ key }) => key)).toEqual(['a%c/1'])
        expect(journal.load('').map(({ key }) => key)).toEqual([...keys].sort())
      })
    })

    it('keeps its own copy: the committer may use its arrays again', async () => {
      await withJournal(async (journal, fixture) => {
        const value = Uint8Array.of(1, 2, 3)
        journal.commit([{ key: 'a', value }], () => {})
        await fixture.settle(journal)
        value.fill(9)
        expect(journal.load('a')[0]?.value).toEqual(Uint8Array.of(1, 2, 3))
      })
    })

    it('takes empty values, large ones and empty commits', async () => {
      await withJournal(async (journal, fixture) => {
        const large = new Uint8Array(1_000_000).fill(7)
        let done = 0
        journal.commit([], () => done++)
        journal.commit([record('empty'), { key: 'large', value: large }], () => done++)
        await fixture.settle(journal)
        expect(done).toBe(2)
        expect(journal.load('').map(({ value }) => value.length)).toEqual([0, 1_000_000])
      })
    })

    it('lets a commit be asked for when another is reported', async () => {
      await withJournal(async (journal, fixture) => {
        const done: string[] = []
        journal.commit([record('a', 1)], () => {
          done.push('outer')
          journal.commit([record('a', 2)], () => done.push('inner'))
        })
        await fixture.settle(journal)
        await fixture.settle(journal)
        expect(done).toEqual(['outer', 'inner'])
        expect(journal.load('a')).toEqual([record('a', 2)])
      })
    })

    it('writes what waits when it is closed, and has it when it is opened again', async () => {
      const fixture = makeFixture()
      const first = fixture.open()
      first.commit([record('a', 1)], () => {})
      await fixture.settle(first)
      first.commit([record('b', 2)], () => {})
      first.close()
      const second = fixture.open()
      expect(second.load('')).toEqual([record('a', 1), record('b', 2)])
      second.close()
      fixture.dispose()
    })
  })
}
