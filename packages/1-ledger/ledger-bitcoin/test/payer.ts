/** A process that makes numbered payments with a journal on disk, and may be killed at any time. */
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { openBitcoinWallet } from '@hourglass/ledger-bitcoin/io'

const [url = '', file = '', address = '', count = ''] = process.argv.slice(2)

const journal = await openSqliteJournal({ file, durability: 'process', report: () => undefined })
const wallet = await openBitcoinWallet({
  url,
  network: 'regtest',
  seed: new Uint8Array(32).fill(77),
  journal,
  birthday: 435,
  pollMs: 20,
})
for (let number = 0; number < Number(count); number++) {
  const result = await wallet.pay({
    reference: `payment ${number}`,
    // Each has an amount of its own.
    to: [{ address, sats: BigInt(10_000 + number) }],
  })
  if (result.kind === 'refused') throw new Error(result.message)
  process.stdout.write(`${number}\n`)
  if (number % 4 === 0) await wallet.bump(`payment ${number}`)
}
await wallet.sync()
process.stdout.write('end\n')
await wallet.close()
await journal.close()
