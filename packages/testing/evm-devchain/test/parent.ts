/** A process that starts a chain, prints where it listens, and ends as it is told without stopping it. */
import { once } from 'node:events'
import { startDevChain } from '@hourglass/evm-devchain'

const { url } = await startDevChain()
process.stdout.write(`${url}\n`)
process.stdin.resume()
await once(process.stdin, 'end')
if (process.argv[2] === 'throw') throw new Error('as told')
process.exit(0)
