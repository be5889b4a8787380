/** What every journal must do. Base, testing. */
import { describe, expect, it } from 'vitest'
import type { Journal } from '../journal.ts'
import { type JournalFixture, loadKeys, record } from './fixture.ts'

export function journalSuite(name: string, makeFixture: () => JournalFixture): void {
  async function withJournal(
    test: (journal: Journal, fixture: JournalFixture) => Promise<void>,
  ): Promise<void> {
    const fixture = makeFixture()
    const journal = await fixture.open()
    try {
      await test(journal, fixture)
    } finally {
      await journal.close()
      await fixture.dispose()
    }
  }

  describe(`${name}, as a journal`, () => {
    it('holds what it has reported done, and nothing else before', async () => {
      await withJournal(async (journal, fixture) => {
        const done: string[] = []
        journal.commit([record('a/1', 1)], () => done.push('first'))
        expect(done).toEqual([])
        expect(await journal.load('')).toEqual([])
        await fixture.settle(journal)
        expect(done).toEqual(['first'])
        expect(await journal.load('')).toEqual([record('a/1', 1)])
      })
    })

    it('reports commits in the order in which they were asked for; the newest value of a key counts', async () => {
      await withJournal(async (journal, fixture) => {
        const done: number[] = []
        for (const i of [1, 2, 3, 4, 5])
          journal.commit([record('a', i), record(`b/${i}`, i)], () => done.push(i))
        await fixture.settle(journal)
        expect(done).toEqual([1, 2, 3, 4, 5])
        expect(await journal.load('a')).toEqual([record('a', 5)])
      })
    })

    it('removes a record whose value is undefined', async () => {
      await withJournal(async (journal, fixture) => {
        const removed = { key: 'a', value: undefined }
        journal.commit([record('a', 1), record('b', 2)], () => {})
        journal.commit([removed, { key: 'missing', value: undefined }], () => {})
        await fixture.settle(journal)
        expect(await journal.load('')).toEqual([record('b', 2)])
        journal.commit([removed, record('a', 3), record('b', 4), { key: 'b', value: undefined }], () => {})
        await fixture.settle(journal)
        expect(await journal.load('')).toEqual([record('a', 3)])
      })
    })

    it('loads by prefix, in the order of the keys, and % and _ mean themselves', async () => {
      await withJournal(async (journal, fixture) => {
        const keys = ['b', 'a_c/2', 'a%c/1', 'abc/3', 'a_c/1', 'a_d', 'A', 'a', 'a/', 'a~', 'a\\']
        journal.commit(
          keys.map((key) => record(key, 0)),
          () => {},
        )
        await fixture.settle(journal)
        expect(await loadKeys(journal, 'a_c/')).toEqual(['a_c/1', 'a_c/2'])
        expect(await loadKeys(journal, 'a%')).toEqual(['a%c/1'])
        expect(await loadKeys(journal, '')).toEqual([...keys].sort())
      })
    })

    it('keeps its own copy: the committer may use its arrays again', async () => {
      await withJournal(async (journal, fixture) => {
        const value = Uint8Array.of(1, 2, 3)
        journal.commit([{ key: 'a', value }], () => {})
        await fixture.settle(journal)
        value.fill(9)
        expect(await journal.load('a')).toEqual([record('a', 1, 2, 3)])
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
        expect((await journal.load('')).map(({ value }) => value.length)).toEqual([0, 1_000_000])
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
        expect(await journal.load('a')).toEqual([record('a', 2)])
      })
    })

    it('writes what waits when it is closed, and has it when it is opened again', async () => {
      const fixture = makeFixture()
      const first = await fixture.open()
      const done: string[] = []
      first.commit([record('a', 1)], () => done.push('a'))
      await fixture.settle(first)
      first.commit([record('b', 2)], () => done.push('b'))
      await first.close()
      expect(done).toEqual(['a', 'b'])
      const second = await fixture.open()
      expect(await second.load('')).toEqual([record('a', 1), record('b', 2)])
      await second.close()
      await fixture.dispose()
    })
  })
}
