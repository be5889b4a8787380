/**
 * A connector as people run it: a sender, a connector and a receiver, three processes over loopback, BTP between
 * them. The connector in the middle is measured; both ends are the same for all. Tooling.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench, BenchOptions, Row } from '../bench.ts'
import type { EndAddress, RunRequest, RunResult } from '../btp-end.ts'
import { Child } from '../measure/child.ts'
import { rotate } from '../measure/compare.ts'
import { METER, type Usage } from '../measure/meter.ts'
import { median } from '../measure/statistics.ts'
import { moduleUrl, subjectNames } from '../modules.ts'

/** A connector that is a program. */
export interface BtpSubject {
  /** How to start it between two free ports, with a directory that is its own. */
  plan(ports: readonly [number, number], directory: string): Middle
}

export interface Middle {
  readonly module: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Where the ends connect; packets for `receiver` go to the second one. */
  readonly ends: readonly [EndAddress, EndAddress]
  readonly receiver: string
}

export const bench: Bench = {
  summary: 'one connector over BTP, three processes: packets/s, latency, processor time of the connector',
  run,
}

const IN_FLIGHT = [1, 10, 100, 1000]
const ROUNDS = 5
const RUN_MS = 1000

interface Line {
  readonly name: string
  readonly directory: string
  readonly children: Child[]
}

interface Sample extends RunResult {
  readonly cpuUs: number
  readonly memoryMib: number
}

async function run(options: BenchOptions): Promise<Row[]> {
  const lines: Line[] = []
  try {
    for (const name of subjectNames('connector-btp')) {
      if (options.only.length > 0 && !options.only.includes(name)) continue
      options.progress(`starting ${name}`)
      const line = { name, directory: mkdtempSync(join(tmpdir(), 'bench-')), children: [] }
      lines.push(line)
      await start(line)
    }
    const rows: Row[] = []
    for (const inFlight of IN_FLIGHT) {
      options.progress(`${inFlight} in flight`)
      rows.push(...(await measure(lines, inFlight, options)))
    }
    return rows
  } finally {
    await Promise.all(lines.flatMap(({ children }) => children.map((child) => child.stop())))
    for (const { directory } of lines) rmSync(directory, { recursive: true })
  }
}

/** Starts connector, receiver and sender, and waits until a first packet has got through. */
async function start({ name, directory, children }: Line): Promise<void> {
  const { subject } = (await import(moduleUrl(`subjects/connector-btp/${name}`).href)) as {
    subject: BtpSubject
  }
  const plan = subject.plan([await freePort(), await freePort()], directory)
  const middle = new Child(plan.module, plan.args, {
    preload: [moduleUrl('measure/meter')],
    ...(plan.env !== undefined && { env: plan.env }),
  })
  children.push(middle)
  const [source, destination] = plan.ends.map((end) => JSON.stringify(end)) as [string, string]
  const receiver = new Child(moduleUrl('btp-end'), ['receiver', destination])
  children.push(receiver)
  await Promise.race([receiver.next(), middle.ended])
  const sender = new Child(moduleUrl('btp-end'), ['sender', source, plan.receiver])
  children.push(sender)
  await Promise.race([sender.next(), middle.ended])
}

async function measure(lines: readonly Line[], inFlight: number, options: BenchOptions): Promise<Row[]> {
  const request: RunRequest = { inFlight, ms: options.ms ?? RUN_MS }
  const samples = new Map<Line, Sample[]>(lines.map((line) => [line, []]))
  for (const line of lines) await sample(line, request)
  for (let round = 0; round < (options.rounds ?? ROUNDS); round++) {
    for (const line of rotate(lines, round)) samples.get(line)!.push(await sample(line, request))
  }
  return [...samples].flatMap(([{ name }, own]) => figures(`${inFlight} in flight`, name, own))
}

async function sample({ children }: Line, request: RunRequest): Promise<Sample> {
  const [middle, , sender] = children as [Child, Child, Child]
  const before = (await middle.ask(METER)) as Usage
  const result = (await sender.ask(request)) as RunResult
  const after = (await middle.ask(METER)) as Usage
  return { ...result, cpuUs: after.cpuUs - before.cpuUs, memoryMib: after.memoryMib }
}

function figures(name: string, subject: string, samples: readonly Sample[]): Row[] {
  const row = (metric: string, unit: string, of: (sample: Sample) => number): Row => {
    return { case: name, subject, metric, value: median(samples.map(of)), unit }
  }
  return [
    row('packets', '1/s', ({ packets, wallMs }) => (packets / wallMs) * 1000),
    row('latency p50', 'ms', ({ p50Ms }) => p50Ms),
    row('latency p99', 'ms', ({ p99Ms }) => p99Ms),
    row('connector CPU per packet', 'µs', ({ cpuUs, packets }) => cpuUs / packets),
    row('packets per CPU-second', '1/s', ({ cpuUs, packets }) => (packets / cpuUs) * 1e6),
    row('connector memory', 'MiB', ({ memoryMib }) => memoryMib),
  ]
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
