/** Commits without end and tells its parent what is durable and how the store does. */
import type { Durability } from '@hourglass/journal'
import { commitWithoutEnd } from '@hourglass/journal/testing'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'

const [, , file = '', durability] = process.argv
const journal = await openSqliteJournal({
  file,
  durability: durability as Durability,
  report: ({ isWorking }) => process.send?.(isWorking ? 'working' : 'failing'),
})
commitWithoutEnd(journal, (n) => process.send?.(n))
