import { MemoryJournal } from '@hourglass/journal'
import { describe, expect, it } from 'vitest'
import { JournalStore } from './index.ts'

describe('the store that plugins are handed', () => {
  it('keeps strings by keys, over restarts; what is not there is undefined (LPI-22)', async () => {
    const journal = new MemoryJournal()
    const store = new JournalStore(journal, 'bob', [])
    const writes = [
      store.put('a/ü', 'ß'),
      store.put('b', '2'),
      store.put('b', '3'),
      store.put('c', '4'),
      store.del('c'),
    ]
    expect(await Promise.all(['a/ü', 'b', 'c'].map(store.get))).toEqual(['ß', '3', undefined])
    journal.flush()
    await Promise.all(writes)
    const next = new JournalStore(journal, 'bob', journal.load(''))
    expect(await Promise.all(['a/ü', 'b', 'c', 'a'].map(next.get))).toEqual(['ß', '3', undefined, undefined])
    const other = new JournalStore(journal, 'bo', journal.load(''))
    expect(await other.get('b')).toBeUndefined()
  })

  it('says that a value is kept only when it is durable', async () => {
    const journal = new MemoryJournal()
    let isKept = false
    const write = new JournalStore(journal, 'bob', []).put('a', '1').then(() => (isKept = true))
    await Promise.resolve()
    expect(isKept).toBe(false)
    journal.flush()
    await write
  })
})
