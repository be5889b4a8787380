/** What a benchmark is: a file in `benches/` that exports a `bench`. Tooling. */

/** One figure. `case` and `metric` name what was measured, `subject` whose it is. */
export interface Row {
  readonly case: string
  readonly subject: string
  readonly metric: string
  readonly value: number
  readonly unit: string
}

export interface BenchOptions {
  /** Times that every case of every subject is measured; figures are medians. Undefined: the bench's own. */
  readonly rounds: number | undefined
  /** How long one measurement takes, about. Undefined: the bench's own. */
  readonly ms: number | undefined
  /** Measure these subjects alone. Empty: all. */
  readonly only: readonly string[]
  /** Tells people how far it is. */
  readonly progress: (line: string) => void
}

export interface Bench {
  /** One line for the list of benches. */
  readonly summary: string
  run(options: BenchOptions): Promise<Row[]>
}

/** Does its work that many times; how long it takes is measured outside. */
export type Workload = (operations: number) => void | Promise<void>
