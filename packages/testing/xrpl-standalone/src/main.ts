/**
 * The stand-alone ledger as a program of its own. Testing.
 *
 *   node main.js [--port 6006] [--close-ms 1000] [--network-id 0] [--fix-cleanup-3-2-0]
 *
 * Prints its URL as the first line; ends on SIGTERM and SIGINT, and, with `--with-parent`, when its standard input
 * ends, which is when the process that started it is gone.
 */
import { parseArgs } from 'node:util'
import { startXrplStandalone } from './standalone.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'close-ms': { type: 'string', default: '1000' },
    'network-id': { type: 'string', default: '0' },
    'fix-cleanup-3-2-0': { type: 'boolean', default: false },
    'with-parent': { type: 'boolean', default: false },
  },
})

const ledger = await startXrplStandalone({
  port: Number(values.port),
  closeMs: Number(values['close-ms']),
  networkId: Number(values['network-id']),
  fixCleanup3_2_0: values['fix-cleanup-3-2-0'],
})
// Nobody reads: who started it is gone already.
process.stdout.once('error', stop)
process.stdout.write(`${ledger.url}\n`)

let isStopping = false
function stop(): void {
  if (isStopping) return
  isStopping = true
  process.stdin.destroy()
  void ledger.stop()
}

process.once('SIGTERM', stop)
process.once('SIGINT', stop)
if (values['with-parent']) process.stdin.resume().once('end', stop).once('error', stop)
