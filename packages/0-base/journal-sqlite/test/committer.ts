/**
 * Commits without end, a hundred at a time, and tells its parent what is durable and how the store does.
 * Commit n puts `record/n` and makes `newest` n, four octets.
 */
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'

const IN_FLIGHT = 100

const journal = openSqliteJournal({
  file: process.argv[2] ?? '',
  durability: 'process',
  report: ({ isWorking }) => process.send?.(isWorking ? 'working' : 'failing'),
})

let next = 0
function commit(): void {
  const n = next++
  const newest = new Uint8Array(4)
  new DataView(newest.buffer).setUint32(0, n)
  const records = [
    { key: `record/${n}`, value: new Uint8Array(100) },
    { key: 'newest', value: newest },
  ]
  journal.commit(records, () => {
    process.send?.(n)
    commit()
  })
}
for (let i = 0; i < IN_FLIGHT; i++) commit()
