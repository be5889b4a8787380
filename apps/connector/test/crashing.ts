/**
 * The connector, in a version that kills itself at the n-th pass of a named point:
 *
 *   crashing.ts [POINT PASS] --config FILE
 *
 * Without a point it waits until one comes in, as a line `POINT PASS` on standard input.
 */
import { createInterface } from 'node:readline'
import { loadConfig } from '../src/config.ts'
import { startConnector } from '../src/start.ts'
import { Points } from './points.ts'

const args = process.argv.slice(2)
let point = ''
let passesLeft = 0

function arm(name: string, pass: string): void {
  point = name
  passesLeft = Number(pass)
}

if (args.length > 2) arm(args[0]!, args[1]!)
createInterface({ input: process.stdin }).on('line', (line) => arm(...(line.split(' ') as [string, string])))
const observer = new Points((name) => {
  if (name === point && --passesLeft === 0) process.kill(process.pid, 'SIGKILL')
})
await startConnector(loadConfig(args.at(-1)!), { observer })
