/**
 * Starts a ledger, says its process id, and waits to be killed.
 */
import { spawnXrplStandalone } from '../src/index.ts'

const ledger = await spawnXrplStandalone()
process.stdout.write(`${String(ledger.pid)}\n`)
setInterval(() => undefined, 60_000)
