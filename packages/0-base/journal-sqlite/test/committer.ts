/** Commits without end and tells its parent what is durable and how the store does. */
import { commitWithoutEnd } from '@hourglass/journal/testing'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'

const journal = openSqliteJournal({
  file: process.argv[2] ?? '',
  durability: 'process',
  report: ({ isWorking }) => process.send?.(isWorking ? 'working' : 'failing'),
})
commitWithoutEnd(journal, (n) => process.send?.(n))
