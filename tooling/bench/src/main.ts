/** `npm run bench -- NAME`: measures, prints tables, and with --json one line for programs. Tooling. */
import { parseArgs } from 'node:util'
import type { Bench } from './bench.ts'
import { benchNames, moduleUrl } from './modules.ts'
import { save } from './report/save.ts'
import { formatTables } from './report/table.ts'

const USAGE = 'usage: npm run bench -- NAME [--json] [--save] [--rounds N] [--ms N] [--only SUBJECT,...]'

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      ms: { type: 'string' },
      only: { type: 'string', default: '' },
    },
  })
  const bench = await loadBench(positionals)
  const [name = ''] = positionals
  const rows = await bench.run({
    rounds: positive('rounds', values.rounds),
    ms: positive('ms', values.ms),
    only: values.only.split(',').filter((subject) => subject !== ''),
    progress: (line) => console.error(`${name}: ${line}`),
  })
  console.log(formatTables(rows))
  if (values.save) save(name, rows)
  if (values.json) console.log(JSON.stringify({ bench: name, rows }))
}

async function loadBench(names: readonly string[]): Promise<Bench> {
  const known = benchNames()
  const [name] = names
  if (name === undefined || names.length > 1 || !known.includes(name)) {
    const asked = names.length === 0 ? 'which bench?' : `there is no bench "${names.join(' ')}";`
    throw new Error(`${asked} benches: ${known.join(', ')}\n${USAGE}`)
  }
  return ((await import(moduleUrl(`benches/${name}`).href)) as { bench: Bench }).bench
}

function positive(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${option} wants a whole number above 0, not "${text}"`)
  return Number(text)
}
