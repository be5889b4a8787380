/** How long a node takes to start from the books that a killed one has left, by the packets in them. Tooling. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench, BenchOptions, Row } from '../bench.ts'
import { Child } from '../measure/child.ts'
import { median } from '../measure/statistics.ts'
import { moduleUrl } from '../modules.ts'
import type { Start } from '../start-up-node.ts'

export const bench: Bench = {
  summary: 'start of a node after so many packets: open, load and restore its journal',
  run,
}

/** BENCH_PACKETS=10000000 asks for another number, which takes minutes to journal. */
const PACKETS = process.env['BENCH_PACKETS']?.split(',').map(Number) ?? [1000, 100_000, 1_000_000]
const ROUNDS = 5

async function run(options: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  for (const packets of PACKETS) {
    options.progress(`${packets} packets`)
    rows.push(...(await measure(packets, options.rounds ?? ROUNDS)))
  }
  return rows
}

async function measure(packets: number, rounds: number): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const left = join(directory, 'left')
    mkdirSync(left)
    const node = new Child(moduleUrl('start-up-node'), ['fill', left, String(packets)])
    await node.next()
    await node.kill()
    const starts: Start[] = []
    for (let round = 0; round < rounds; round++) {
      const copy = join(directory, String(round))
      cpSync(left, copy, { recursive: true })
      starts.push(await startIn(copy))
    }
    return figures(`after ${packets.toLocaleString('en')} packets`, starts)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** In a process of its own, which has not learnt anything yet. */
async function startIn(directory: string): Promise<Start> {
  const node = new Child(moduleUrl('start-up-node'), ['start', directory])
  const start = (await node.next()) as Start
  await node.stop()
  return start
}

function figures(name: string, starts: readonly Start[]): Row[] {
  const row = (metric: string, unit: string, of: (start: Start) => number): Row => {
    return { case: name, subject: 'hourglass', metric, value: median(starts.map(of)), unit }
  }
  return [
    row('start', 'ms', ({ ms }) => ms),
    row('records', '1', ({ records }) => records),
    row('journal', 'MiB', ({ journalMib }) => journalMib),
  ]
}
