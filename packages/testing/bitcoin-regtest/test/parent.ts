/** A process that starts a chain, prints where it listens, and ends as it is told without stopping it. */
import { once } from 'node:events'
import { startBitcoinRegtest } from '@hourglass/bitcoin-regtest'

const { url } = await startBitcoinRegtest()
process.stdout.write(`${url}\n`)
process.stdin.resume()
await once(process.stdin, 'end')
if (process.argv[2] === 'throw') throw new Error('as told')
process.exit(0)
