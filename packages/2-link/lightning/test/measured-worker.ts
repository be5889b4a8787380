/** A node's process that tells in its log, on SIGUSR2, how much memory it holds, garbage apart. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { serveNode } from '@hourglass/lightning/io'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

serveNode()
process.on('SIGUSR2', () => {
  collect()
  // WebAssembly's memory, which never shrinks, is among the external.
  const { heapUsed, external } = process.memoryUsage()
  process.send!([{ kind: 'log', message: String(heapUsed + external) }])
})
