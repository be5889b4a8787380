/**
 * Makes a failing run small: fewer nodes, fewer faults, fewer payments, as long as the same invariant breaks. Testing.
 */
import { type ScenarioOptions, type ScenarioResult, runScenario } from './scenario.ts'

/** A run that fails, and what it was asked for. */
export interface FailingRun {
  readonly options: ScenarioOptions
  readonly result: ScenarioResult
}

/** Runs that a minimisation may take. */
const RUNS_MAX = 300

export function minimise(first: FailingRun): FailingRun {
  let best = first
  let runs = 0
  const invariant = first.result.failure?.invariant

  function tryOut(change: Partial<ScenarioOptions>): boolean {
    if (++runs > RUNS_MAX) return false
    const options = { ...best.options, ...change }
    const result = runScenario(options)
    if (result.failure?.invariant !== invariant) return false
    best = { options, result }
    return true
  }

  if (first.result.cheat !== undefined) tryOut({ isHonest: true })
  for (let nodes = 1; nodes < first.result.plan.connectors.length; nodes++) if (tryOut({ nodes })) break
  for (const name of ['faults', 'payments'] as const) {
    let kept = best.result[name].map(({ index }) => index)
    for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let i = 0; i < kept.length;) {
        const fewer = kept.toSpliced(i, size)
        if (tryOut({ [name]: fewer })) kept = fewer
        else i += size
      }
    }
  }
  return best
}
