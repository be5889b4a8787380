/** `npm run sim`: runs seeds for a while, or one run, and says what broke and how to see it again. Testing. */
import { parseArgs } from 'node:util'
import { commitId } from './commit-id.ts'
import { describeFailure, replayCommand } from './report.ts'
import { type ScenarioOptions, type ScenarioResult, runScenario } from './scenario.ts'
import { runSeeds } from './seeds.ts'

const USAGE = `usage: npm run sim -- [--minutes N]
       npm run sim -- --seed SEED [--nodes N] [--faults 1,2 | none] [--payments 1,2 | none] [--honest] [--trace]`

try {
  main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function main(): void {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      nodes: { type: 'string' },
      faults: { type: 'string' },
      payments: { type: 'string' },
      honest: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
    },
  })
  const { seed, nodes, faults, payments, honest, trace } = values
  if (seed === undefined) return runMany(readNumber('minutes', values.minutes) * 60_000)
  runOne({
    seed,
    nodes: nodes === undefined ? undefined : readNumber('nodes', nodes),
    faults: readIndices('faults', faults),
    payments: readIndices('payments', payments),
    isHonest: honest || undefined,
    isTraced: trace,
  })
}

function runOne(options: ScenarioOptions): void {
  const result = runScenario(options)
  if (options.isTraced === true) for (const line of result.log.tail(Infinity)) console.log(line)
  console.log(describe(options, result))
  if (result.failure !== undefined) throw new Error(describeFailure({ options, result }))
}

/** Seeds of this commit, one after the other. */
function runMany(ms: number): void {
  const commit = commitId()
  const { seeds, packets, packetsPerSecond } = runSeeds(commit, ms)
  console.log(`${seeds} seeds of ${commit}, ${packets} packets, ${packetsPerSecond} packets/s: no failure`)
}

function describe(
  options: ScenarioOptions,
  { plan, packets, steps, virtualMs, outcomes, failure }: ScenarioResult,
): string {
  const ends = Array.from(outcomes, ([outcome, count]) => `${count} ${outcome}`).join(', ')
  const size = `${plan.connectors.length} connectors, ${packets} packets, ${steps} steps, ${virtualMs} ms`
  return `${replayCommand(options)}: ${size}; payments: ${ends}; ${failure?.error.message ?? 'no failure'}`
}

function readNumber(option: string, text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`--${option} wants a number above 0, not "${text}"\n${USAGE}`)
  return number
}

function readIndices(option: string, text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined
  if (text === 'none') return []
  if (!/^\d+(,\d+)*$/.test(text)) throw new Error(`--${option} wants numbers such as 1,2 or none\n${USAGE}`)
  return text.split(',').map(Number)
}
