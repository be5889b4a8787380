import { describe, expect, it } from 'vitest'
import { MemoryJournal } from './memory-journal.ts'
import { journalSuite } from './testing/journal-suite.ts'

journalSuite('MemoryJournal', () => {
  const journal = new MemoryJournal()
  return {
    open: () => journal,
    settle: async () => {
      journal.flush()
      await Promise.resolve()
    },
    dispose: () => undefined,
  }
})

describe('MemoryJournal', () => {
  function commitTwo(): MemoryJournal {
    const journal = new MemoryJournal()
    journal.commit([{ key: 'a', value: Uint8Array.of(1) }], () => expect.unreachable())
    journal.commit([{ key: 'b', value: Uint8Array.of(2) }], () => expect.unreachable())
    return journal
  }

  it('loses what was not flushed when it crashes, and reports none of it', () => {
    const journal = commitTwo()
    journal.lose()
    journal.flush()
    expect(journal.load('')).toEqual([])
  })

  it('may keep the beginning of what was not flushed when it crashes, and reports none of it', () => {
    const journal = commitTwo()
    journal.lose(1)
    journal.flush()
    expect(journal.load('')).toEqual([{ key: 'a', value: Uint8Array.of(1) }])
  })
})
