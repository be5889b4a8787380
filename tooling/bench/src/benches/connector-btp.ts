/** A connector between two peers over BTP, as people run it, beside the peers of the field. Tooling. */
import type { Bench } from '../bench.ts'
import { compareOverBtp } from '../btp-lines.ts'

const IN_FLIGHT = [1, 10, 100, 1000]

export const bench: Bench = {
  summary: 'one connector over BTP, three processes: packets/s, latency, processor time of the connector',
  run: (options) => compareOverBtp({ bench: 'connector-btp', inFlight: IN_FLIGHT }, options),
}
