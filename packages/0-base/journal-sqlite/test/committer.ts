/** Commits without end and tells its parent the number of the last record that is durable. */
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'

const journal = openSqliteJournal({ file: process.argv[2] ?? '', durability: 'process' })

function commit(n: number): void {
  journal.commit([{ key: `record/${n}`, value: new Uint8Array(100) }], () => {
    process.send?.(n)
    commit(n + 1)
  })
}
commit(0)
