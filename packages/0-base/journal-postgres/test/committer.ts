/** Commits without end and tells its parent what is durable. */
import { commitWithoutEnd } from '@hourglass/journal/testing'
import { openPostgresJournal } from '@hourglass/journal-postgres/io'

const [, , url = '', name] = process.argv
commitWithoutEnd(await openPostgresJournal({ url, name, durability: 'process' }), (n) => process.send?.(n))
