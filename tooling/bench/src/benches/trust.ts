/** What it costs two connectors to trust each other less: on credit, each packet settled, paid ahead. Tooling. */
import type { Bench } from '../bench.ts'
import { compareOverBtp } from '../btp-lines.ts'

const IN_FLIGHT = [1, 10, 100]

export const bench: Bench = {
  summary: 'two connectors that settle by claims on an EVM chain: on credit, each packet, paid ahead',
  run: (options) => compareOverBtp({ bench: 'trust', inFlight: IN_FLIGHT, reference: 'credit' }, options),
}
