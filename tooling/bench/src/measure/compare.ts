/**
 * Measures all subjects of a bench side by side: in each round every subject is measured once, in an order that
 * rotates, so that whatever else the machine does falls on all alike. Figures are medians over the rounds;
 * ratios are taken within each round first. Tooling.
 */
import type { BenchOptions, Row } from '../bench.ts'
import { moduleUrl, subjectNames } from '../modules.ts'
import { Child } from './child.ts'
import { median } from './statistics.ts'
import type { Sample, WorkerRequest } from './worker.ts'

export interface Comparison {
  /** Name of the bench, and of the folder of its subjects. */
  readonly bench: string
  /** The subject that ratios refer to. */
  readonly reference: string
  /** Whether time is compared with the reference, too, and not processor time alone. */
  readonly comparesTime?: boolean
  readonly rounds: number
  readonly ms: number
  /** The figures of one subject in one case, from the samples of all rounds. */
  figures(samples: readonly Sample[]): Omit<Row, 'case' | 'subject'>[]
}

interface Entrant {
  readonly name: string
  readonly worker: Child
  readonly cases: readonly string[]
}

export async function compare(comparison: Comparison, options: BenchOptions): Promise<Row[]> {
  const { bench } = comparison
  const names = subjectNames(bench).filter((name) => options.only.length === 0 || options.only.includes(name))
  const entrants: Entrant[] = []
  try {
    for (const name of names) {
      const worker = new Child(moduleUrl('measure/worker'), [bench, name])
      entrants.push({ name, worker, cases: ((await worker.next()) as { cases: string[] }).cases })
    }
    const rows: Row[] = []
    for (const name of new Set(entrants.flatMap(({ cases }) => cases))) {
      options.progress(name)
      rows.push(...(await compareCase(comparison, options, name, entrants)))
    }
    return rows
  } finally {
    await Promise.all(entrants.map(({ worker }) => worker.stop()))
  }
}

async function compareCase(
  comparison: Comparison,
  options: BenchOptions,
  name: string,
  all: readonly Entrant[],
): Promise<Row[]> {
  const request: WorkerRequest = { case: name, ms: options.ms ?? comparison.ms }
  const entrants = all.filter(({ cases }) => cases.includes(name))
  const samples = new Map<string, Sample[]>(entrants.map((entrant) => [entrant.name, []]))
  for (let round = 0; round < (options.rounds ?? comparison.rounds); round++) {
    for (const entrant of rotate(entrants, round)) {
      samples.get(entrant.name)!.push((await entrant.worker.ask(request)) as Sample)
    }
  }
  const reference = samples.get(comparison.reference)
  return entrants.flatMap((entrant) => {
    const own = samples.get(entrant.name)!
    const row = { case: name, subject: entrant.name }
    const figures = comparison.figures(own).map((figure): Row => ({ ...row, ...figure }))
    if (reference === undefined) return figures
    const over = (kind: 'cpuNs' | 'wallNs', metric: string): Row => {
      const value = median(own.map((sample, round) => sample[kind] / reference[round]![kind]))
      return { ...row, metric: `${metric} over ${comparison.reference}`, value, unit: 'x' }
    }
    const time = comparison.comparesTime === true ? [over('wallNs', 'time')] : []
    return [...figures, over('cpuNs', 'cost'), ...time]
  })
}

/** The same items, beginning `by` places later. */
export function rotate<T>(items: readonly T[], by: number): T[] {
  return items.map((_, i) => items[(i + by) % items.length]!)
}
