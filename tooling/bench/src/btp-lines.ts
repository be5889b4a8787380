/**
 * Connectors as people run them: a sender, a connector and a receiver, three processes over loopback, BTP between
 * them. The connector in the middle is measured; both ends are the same for all. Tooling.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchOptions, Row } from './bench.ts'
import type { RunRequest, RunResult } from './btp-end.ts'
import { Child } from './measure/child.ts'
import { rotate } from './measure/compare.ts'
import { METER, type Usage } from './measure/meter.ts'
import { median } from './measure/statistics.ts'
import { moduleUrl, subjectNames } from './modules.ts'
import type { EndAddress } from './raw-end.ts'

/** A connector that is a program. */
export interface BtpSubject {
  /** How to start it between two free ports, with a directory that is its own. */
  plan(ports: readonly [number, number], directory: string): Middle | Promise<Middle>
}

export interface Middle {
  readonly module: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Where the ends connect; packets for `receiver` go to the second one. */
  readonly ends: readonly [EndAddress, EndAddress]
  readonly receiver: string
  /** Ends what else it needed. */
  readonly close?: () => Promise<void>
}

export interface BtpComparison {
  /** Name of the bench, and of the folder of its subjects. */
  readonly bench: string
  readonly inFlight: readonly number[]
  /** The subject to which rates are compared as well, within each round. */
  readonly reference?: string
}

const ROUNDS = 5
const RUN_MS = 1000
/** A connector runs for months: what counts is what it costs once its code is compiled. */
const WARM_UP: RunRequest = { inFlight: 100, ms: 5000 }

export interface Line {
  readonly name: string
  readonly directory: string
  readonly children: Child[]
  close: (() => Promise<void>) | undefined
}

export interface Sample extends RunResult {
  readonly cpuUs: number
  readonly memoryMib: number
}

export async function compareOverBtp(comparison: BtpComparison, options: BenchOptions): Promise<Row[]> {
  const names = subjectNames(comparison.bench)
  const asked = options.only.length === 0 ? names : names.filter((name) => options.only.includes(name))
  return withLines(comparison.bench, asked, options, async (lines) => {
    const rows: Row[] = []
    for (const inFlight of comparison.inFlight) {
      options.progress(`${inFlight} in flight`)
      const samples = await measure(lines, inFlight, options)
      rows.push(...figuresOf(samples, `${inFlight} in flight`, comparison.reference))
    }
    return rows
  })
}

/** Opens a line for each of these subjects, which has passed packets for a while, and closes all in the end. */
export async function withLines(
  bench: string,
  names: readonly string[],
  options: BenchOptions,
  use: (lines: readonly Line[]) => Promise<Row[]>,
): Promise<Row[]> {
  const lines: Line[] = []
  try {
    for (const name of names) {
      options.progress(`starting ${name}`)
      const line: Line = {
        name,
        directory: mkdtempSync(join(tmpdir(), 'bench-')),
        children: [],
        close: undefined,
      }
      lines.push(line)
      await start(bench, line)
      await sample(line, WARM_UP)
    }
    return await use(lines)
  } finally {
    await Promise.all(lines.flatMap(({ children }) => children.map((child) => child.stop())))
    for (const line of lines) await line.close?.()
    for (const { directory } of lines) rmSync(directory, { recursive: true })
  }
}

/** Starts connector, receiver and sender, and waits until a first packet has got through. */
async function start(bench: string, line: Line): Promise<void> {
  const { name, directory, children } = line
  const { subject } = (await import(moduleUrl(`subjects/${bench}/${name}`).href)) as { subject: BtpSubject }
  const plan = await subject.plan([await freePort(), await freePort()], directory)
  line.close = plan.close
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

/** The samples of each subject, round by round. */
async function measure(
  lines: readonly Line[],
  inFlight: number,
  options: BenchOptions,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const request: RunRequest = { inFlight, ms: options.ms ?? RUN_MS }
  const samples = new Map<string, Sample[]>(lines.map(({ name }) => [name, []]))
  for (const line of lines) await sample(line, request)
  for (let round = 0; round < (options.rounds ?? ROUNDS); round++) {
    for (const line of rotate(lines, round)) samples.get(line.name)!.push(await sample(line, request))
  }
  return samples
}

/** Packets for a while, and what they took. */
export async function sample({ children }: Line, request: RunRequest): Promise<Sample> {
  const [middle, , sender] = children as [Child, Child, Child]
  const before = (await middle.ask(METER)) as Usage
  const result = (await sender.ask(request)) as RunResult
  const after = (await middle.ask(METER)) as Usage
  return { ...result, cpuUs: after.cpuUs - before.cpuUs, memoryMib: after.memoryMib }
}

const packetsPerSecond = ({ packets, wallMs }: Sample): number => (packets / wallMs) * 1000
const packetsPerCpuSecond = ({ packets, cpuUs }: Sample): number => (packets / cpuUs) * 1e6

type Figure = readonly [metric: string, unit: string, of: (sample: Sample) => number]

const RATES: readonly Figure[] = [
  ['packets', '1/s', packetsPerSecond],
  ['packets per CPU-second', '1/s', packetsPerCpuSecond],
]

const FIGURES: readonly Figure[] = [
  ['packets', '1/s', packetsPerSecond],
  ['latency p50', 'ms', ({ p50Ms }) => p50Ms],
  ['latency p99', 'ms', ({ p99Ms }) => p99Ms],
  ['connector CPU per packet', 'µs', ({ cpuUs, packets }) => cpuUs / packets],
  ['packets per CPU-second', '1/s', packetsPerCpuSecond],
  ['connector memory', 'MiB', ({ memoryMib }) => memoryMib],
]

/** Medians over the rounds; ratios to the reference are taken within a round first. */
function figuresOf(
  samples: ReadonlyMap<string, readonly Sample[]>,
  name: string,
  reference: string | undefined,
): Row[] {
  const compared = reference === undefined ? undefined : samples.get(reference)
  return [...samples].flatMap(([subject, own]) => {
    const row = (metric: string, unit: string, values: readonly number[]): Row => {
      return { case: name, subject, metric, value: median(values), unit }
    }
    const rows = FIGURES.map(([metric, unit, of]) => row(metric, unit, own.map(of)))
    if (compared === undefined) return rows
    const ratios = RATES.map(([metric, , of]) => {
      const values = own.map((sample, round) => of(sample) / of(compared[round]!))
      return row(`${metric}, as a share of ${reference!}`, 'x', values)
    })
    return [...rows, ...ratios]
  })
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
