/** What every journal must do whose store can fail. Base, testing. */
import { describe, expect, it } from 'vitest'
import type { Journal, JournalHealth } from '../journal.ts'
import { type JournalFixture, loadKeys, record } from './fixture.ts'

export interface FailingFixture extends JournalFixture {
  /** Makes the store refuse writes, under an open journal. */
  fail(): void | Promise<void>
  /** Lets it take them again. */
  recover(): void | Promise<void>
}

export function journalFailureSuite(name: string, makeFixture: () => FailingFixture): void {
  interface Scene {
    readonly fixture: FailingFixture
    readonly journal: Journal
    /** What was reported of the store's health so far. */
    readonly healths: JournalHealth[]
    /** Commits `a/1`, `a/2`, … that were reported done. */
    readonly done: number[]
    readonly commit: (n: number) => void
  }

  async function openScene(): Promise<Scene> {
    const fixture = makeFixture()
    const healths: JournalHealth[] = []
    const done: number[] = []
    const journal = await fixture.open((health) => healths.push(health))
    const commit = (n: number): void =>
      journal.commit([record(`a/${n}`, n), record('newest', n)], () => done.push(n))
    return { fixture, journal, healths, done, commit }
  }

  /** Turns of the event loop until `isTrue`; the test's own time limit ends it otherwise. */
  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1))
  }

  const failing = { isWorking: false, error: expect.any(Error) as Error }

  describe(`${name}, as a journal whose store fails`, () => {
    it('reports no commit while the store fails, and all of them in order once it works again', async () => {
      const { fixture, journal, healths, done, commit } = await openScene()
      commit(1)
      await until(() => done.length === 1)
      expect(healths).toEqual([])
      await fixture.fail()
      commit(2)
      commit(3)
      await until(() => healths.length === 1)
      commit(4)
      expect(done).toEqual([1])
      await fixture.recover()
      await until(() => done.length === 4)
      commit(5)
      await until(() => done.length === 5)
      expect(done).toEqual([1, 2, 3, 4, 5])
      expect(healths).toEqual([failing, { isWorking: true }])
      expect(await loadKeys(journal, 'a/')).toEqual(['a/1', 'a/2', 'a/3', 'a/4', 'a/5'])
      expect(await journal.load('newest')).toEqual([record('newest', 5)])
      await journal.close()
      await fixture.dispose()
    })

    it('reports each failure once, however often it tries', async () => {
      const { fixture, journal, healths, done, commit } = await openScene()
      for (const n of [1, 2]) {
        await fixture.fail()
        commit(n)
        await until(() => healths.length === 2 * n - 1)
        // Long enough for a second try.
        await new Promise((resolve) => setTimeout(resolve, 150))
        await fixture.recover()
        await until(() => done.length === n)
      }
      expect(healths).toEqual([failing, { isWorking: true }, failing, { isWorking: true }])
      await journal.close()
      await fixture.dispose()
    })

    it('gives up what a failing store did not take when it is closed, and says so', async () => {
      const { fixture, journal, healths, done, commit } = await openScene()
      commit(1)
      await until(() => done.length === 1)
      await fixture.fail()
      commit(2)
      await until(() => healths.length === 1)
      await journal.close()
      expect(done).toEqual([1])
      expect(healths.at(-1)).toEqual({
        isWorking: false,
        error: expect.objectContaining({ name: 'JournalError', code: 'given-up' }) as Error,
      })
      await fixture.recover()
      const second = await fixture.open()
      expect(await loadKeys(second, 'a/')).toEqual(['a/1'])
      await second.close()
      await fixture.dispose()
    })

    it('writes what waits when it is closed, where the store works again by then', async () => {
      const { fixture, journal, healths, done, commit } = await openScene()
      await fixture.fail()
      commit(1)
      await until(() => healths.length === 1)
      await fixture.recover()
      await journal.close()
      expect(done).toEqual([1])
      expect(healths.at(-1)).toEqual({ isWorking: true })
      await fixture.dispose()
    })
  })
}
