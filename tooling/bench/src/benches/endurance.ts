/** Whether a connector stays as fast and as small as it was, however many packets it has passed. Tooling. */
import type { Bench, BenchOptions, Row } from '../bench.ts'
import { type Line, sample, withLines } from '../btp-lines.ts'

export const bench: Bench = {
  summary: 'memory and speed of a connector as it passes millions of packets',
  run: (options) => withLines('connector-btp', [SUBJECT], options, ([line]) => run(line!, options)),
}

const SUBJECT = 'hourglass-process'
/** BENCH_PACKETS=1000000 asks for less than the goal. */
const PACKETS = Number(process.env['BENCH_PACKETS'] ?? 10_000_000)
const PARTS = 10
const IN_FLIGHT = 100
const RUN_MS = 5000

async function run(line: Line, { ms = RUN_MS, progress }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  let passed = 0
  for (let part = 1; part <= PARTS; part++) {
    let [packets, cpuUs, memoryMib] = [0, 0, 0]
    do {
      const run = await sample(line, { inFlight: IN_FLIGHT, ms })
      packets += run.packets
      cpuUs += run.cpuUs
      memoryMib = Math.max(memoryMib, run.memoryMib)
    } while (passed + packets < (part * PACKETS) / PARTS)
    passed += packets
    const millions = ((part * PACKETS) / PARTS / 1e6).toLocaleString('en')
    progress(`${millions} million packets`)
    const row = (metric: string, unit: string, value: number): Row => {
      return { case: `${millions} million packets`, subject: 'hourglass', metric, value, unit }
    }
    rows.push(row('memory', 'MiB', memoryMib), row('CPU per packet', 'µs', cpuUs / packets))
  }
  return rows
}
