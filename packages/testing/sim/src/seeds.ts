/** Seeds that broke something once, each with what it was; and seeds that nobody has run yet. Testing. */
import { readFileSync } from 'node:fs'
import { minimise } from './minimise.ts'
import { describeFailure } from './report.ts'
import { type ScenarioOptions, type ScenarioResult, runScenario } from './scenario.ts'

export interface RecordedSeed {
  readonly seed: string
  /** What went wrong, in a sentence. */
  readonly why: string
}

export function recordedSeeds(): RecordedSeed[] {
  return JSON.parse(readFileSync(new URL('../seeds.json', import.meta.url), 'utf8')) as RecordedSeed[]
}

/** Runs a seed. @throws Error that says what broke, and how to see it again in a smaller run */
export function runSeed(seed: string): ScenarioResult {
  const options: ScenarioOptions = { seed }
  const result = runScenario(options)
  if (result.failure !== undefined) throw new Error(describeFailure(minimise({ options, result })))
  return result
}

/** What was run in one go. */
export interface Tally {
  readonly seeds: number
  readonly packets: number
  readonly packetsPerSecond: number
}

/** Runs the seeds `name-0`, `name-1`, … for that long. @throws Error at the first one that fails */
export function runSeeds(name: string, ms: number): Tally {
  const start = performance.now()
  let seeds = 0
  let packets = 0
  while (performance.now() - start < ms) packets += runSeed(`${name}-${seeds++}`).packets
  return { seeds, packets, packetsPerSecond: Math.round((1000 * packets) / (performance.now() - start)) }
}
