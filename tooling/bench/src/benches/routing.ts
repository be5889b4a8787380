/** What a lookup of the next hop costs, by the size of the table; and putting a prefix in and out. Tooling. */
import { strictEqual } from 'node:assert'
import type { Bench, Workload } from '../bench.ts'
import { compare } from '../measure/compare.ts'
import { sink } from '../measure/sink.ts'
import { median } from '../measure/statistics.ts'

/** A table of prefixes, each with a number. */
export interface RoutingSubject {
  make(): RoutingTable
}

export interface RoutingTable {
  insert(prefix: string, value: number): void
  remove(prefix: string): void
  resolve(address: string): number | undefined
}

export const bench: Bench = {
  summary: 'routing tables: lookup by longest prefix, insert and remove; nanoseconds of processor time',
  run: (options) =>
    compare(
      {
        bench: 'routing',
        reference: 'floor',
        rounds: 9,
        ms: 100,
        figures: (samples) => [
          { metric: 'cpu', value: median(samples.map(({ cpuNs }) => cpuNs)), unit: 'ns' },
        ],
      },
      options,
    ),
}

const SIZES = [10, 1000, 10_000, 100_000]
/** So many different destinations, that nothing can be learnt by heart. */
const LOOKUPS = 4096

export function workloads(subject: RoutingSubject): ReadonlyMap<string, Workload> {
  return new Map(SIZES.flatMap((size) => casesOf(subject, size)))
}

function casesOf(subject: RoutingSubject, size: number): [string, Workload][] {
  const table = subject.make()
  for (let i = 0; i < size; i++) table.insert(prefixOf(i), i)
  const numbers = Array.from({ length: LOOKUPS }, (_, i) => (i * 7919) % size)
  // Made anew, so that no address shares the prefix's text; as from a packet, it ends in a token.
  const addresses = numbers.map((number) => Buffer.from(`${prefixOf(number)}.bob.c3RyZWFt`).toString())
  const strangers = numbers.map((number) => Buffer.from(`test.s${number}.bob.c3RyZWFt`).toString())
  for (const [i, address] of addresses.entries()) strictEqual(table.resolve(address), numbers[i])
  strictEqual(table.resolve(strangers[0]!), undefined)
  const extras = numbers.map((number) => `${prefixOf(number)}x`)
  return [
    [`hit, ${size} prefixes`, each((i) => table.resolve(addresses[i]!))],
    [`miss, ${size} prefixes`, each((i) => table.resolve(strangers[i]!))],
    [
      `insert and remove, ${size} prefixes`,
      each((i) => {
        table.insert(extras[i]!, i)
        table.remove(extras[i]!)
      }),
    ],
  ]
}

function each(operation: (i: number) => unknown): Workload {
  return (operations) => {
    for (let i = 0; i < operations; i++) sink.last = operation(i % LOOKUPS)
  }
}

/** Two and three segments, as connectors and their children have. */
function prefixOf(i: number): string {
  return i % 4 === 0 ? `test.n${i}.c${i % 7}` : `test.n${i}`
}
