/** What one connector costs a packet, without any network: Prepare in, Fulfill out, in one process. Tooling. */
import type { Bench, Workload } from '../bench.ts'
import { PacketSource, assertFulfilled, fulfill, keepInFlight } from '../load.ts'
import { compare } from '../measure/compare.ts'
import { median } from '../measure/statistics.ts'

/** A connector between the accounts `alice` and `bob`. */
export interface ConnectorSubject {
  open(): Promise<OpenConnector>
}

export interface OpenConnector {
  /** Packets to this address leave on bob's account. */
  readonly address: string
  /** Who answers what leaves on bob's account. */
  onRequest(answer: (packet: Uint8Array) => Promise<Uint8Array>): void
  /** A Prepare that came in on alice's account. */
  request(packet: Buffer): Promise<Uint8Array>
}

export const bench: Bench = {
  summary: 'one connector in process: processor time per packet, packets per CPU-second',
  run: (options) =>
    compare(
      {
        bench: 'connector',
        reference: 'floor',
        rounds: 5,
        ms: 500,
        figures(samples) {
          const cpuNs = median(samples.map((sample) => sample.cpuNs))
          return [
            { metric: 'CPU per packet', value: cpuNs / 1000, unit: 'µs' },
            { metric: 'packets per CPU-second', value: 1e9 / cpuNs, unit: '1/s' },
            { metric: 'memory', value: Math.max(...samples.map((sample) => sample.memoryMib)), unit: 'MiB' },
          ]
        },
      },
      options,
    ),
}

const IN_FLIGHT = [1, 100, 1000]

export async function workloads(subject: ConnectorSubject): Promise<ReadonlyMap<string, Workload>> {
  const connector = await subject.open()
  const source = new PacketSource(connector.address)
  connector.onRequest((packet) => Promise.resolve(fulfill(packet)))
  const pay = async (): Promise<void> => assertFulfilled(await connector.request(source.next()))
  return new Map(
    IN_FLIGHT.map((inFlight) => [`${inFlight} in flight`, (n: number) => keepInFlight(inFlight, n, pay)]),
  )
}
