/**
 * A node whose start is measured: journals packets until it is killed, or starts from what such a one has left.
 * Tooling.
 *
 * Arguments: `fill` or `start`, the directory of its journal, and for `fill` the number of packets.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { openHourglass, restoreHourglass } from './hourglass-connector.ts'
import { PacketSource, assertFulfilled, fulfill, keepInFlight } from './load.ts'

export interface Start {
  /** Open, load, restore. */
  readonly ms: number
  readonly records: number
  readonly journalMib: number
}

const IN_FLIGHT = 1000

const [, , role, directory = '', packets] = process.argv
const file = join(directory, 'journal.sqlite')

process.on('disconnect', () => process.exit())
if (role === 'fill') await fill(Number(packets))
else process.send?.(await start())

/** Tells when so many packets are journalled, and goes on until it is killed. */
async function fill(count: number): Promise<void> {
  const journal = await openSqliteJournal({ file, durability: 'process' })
  const connector = openHourglass((records, done) => journal.commit(records, done))
  const source = new PacketSource(connector.address)
  connector.onRequest((packet) => Promise.resolve(fulfill(packet)))
  const pay = async (): Promise<void> => assertFulfilled(await connector.request(source.next()))
  await keepInFlight(IN_FLIGHT, count, pay)
  process.send?.({ packets: count })
  await keepInFlight(IN_FLIGHT, Infinity, pay)
}

async function start(): Promise<Start> {
  const journalMib = (statSync(file).size + statSync(`${file}-wal`).size) / 2 ** 20
  const begin = performance.now()
  const journal = await openSqliteJournal({ file, durability: 'process' })
  const records = await journal.load('')
  restoreHourglass(records)
  return { ms: performance.now() - begin, records: records.length, journalMib }
}
