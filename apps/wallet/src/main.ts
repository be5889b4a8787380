/** hourglass: pay, receive and see balances from the command line. */
import { runCli } from './cli.ts'

process.exitCode = await runCli(process.argv.slice(2))
