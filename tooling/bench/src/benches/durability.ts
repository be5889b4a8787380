/** What it costs a connector that its books survive: the same program over journals of every kind. Tooling. */
import type { Bench } from '../bench.ts'
import { compareOverBtp } from '../btp-lines.ts'

const IN_FLIGHT = [100]

export const bench: Bench = {
  summary: 'one connector over BTP, three processes, 100 in flight: journals in memory, SQLite, PostgreSQL',
  run: (options) =>
    compareOverBtp({ bench: 'durability', inFlight: IN_FLIGHT, reference: 'memory' }, options),
}
