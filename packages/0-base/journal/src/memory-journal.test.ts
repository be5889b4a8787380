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
  it('loses what was not flushed when it crashes, and reports none of it', () => {
    const journal = new MemoryJournal()
    journal.commit([{ key: 'a', value: Uint8Array.of(1) }], () => expect.unreachable())
    journal.lose()
    journal.flush()
    expect(journal.load('')).toEqual([])
  })
})
