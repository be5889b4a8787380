/** A packet over HTTP and its answer back, both ends in one process: our link beside a bare echo. Tooling. */
import type { Bench, Workload } from '../bench.ts'
import { PacketSource, assertFulfilled, keepInFlight } from '../load.ts'
import { compare } from '../measure/compare.ts'
import { median } from '../measure/statistics.ts'

export type HttpVersion = 1 | 2

/** Takes a packet to a server, which answers with `ANSWER`; the answer. */
export interface HttpSubject {
  open(version: HttpVersion): Promise<(packet: Buffer) => Promise<Uint8Array>>
}

export const bench: Bench = {
  summary: 'a packet and its answer over HTTP/1.1 and HTTP/2, both ends in one process',
  run: (options) =>
    compare(
      {
        bench: 'http',
        reference: 'floor',
        rounds: 5,
        ms: 500,
        figures(samples) {
          const [cpuNs, wallNs] = (['cpuNs', 'wallNs'] as const).map((name) =>
            median(samples.map((sample) => sample[name])),
          ) as [number, number]
          return [
            { metric: 'requests', value: 1e9 / wallNs, unit: '1/s' },
            { metric: 'CPU per request', value: cpuNs / 1000, unit: 'µs' },
          ]
        },
      },
      options,
    ),
}

const IN_FLIGHT = [1, 10, 100]

export async function workloads(subject: HttpSubject): Promise<ReadonlyMap<string, Workload>> {
  const cases = new Map<string, Workload>()
  const source = new PacketSource('test.bob')
  for (const [version, name] of [
    [1, 'HTTP/1.1'],
    [2, 'HTTP/2'],
  ] as const) {
    const exchange = await subject.open(version)
    const pay = async (): Promise<void> => assertFulfilled(await exchange(source.next()))
    for (const inFlight of IN_FLIGHT) {
      cases.set(`${name}, ${inFlight} in flight`, (n) => keepInFlight(inFlight, n, pay))
    }
  }
  return cases
}
