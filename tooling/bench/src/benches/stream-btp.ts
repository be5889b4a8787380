/** STREAM as people run it: payer, connector and receiver, three processes, BTP over loopback between them. Tooling. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench, BenchOptions, Row } from '../bench.ts'
import { freePort } from '../btp-lines.ts'
import { planConnectorApp } from '../connector-app.ts'
import { PACKET_AMOUNT } from '../load.ts'
import { Child } from '../measure/child.ts'
import { rotate } from '../measure/compare.ts'
import { METER, type Usage } from '../measure/meter.ts'
import { median } from '../measure/statistics.ts'
import { moduleUrl, subjectNames } from '../modules.ts'
import type { CredentialsRequest, PayRequest } from '../stream-end.ts'
import type { StreamBtpSubject, StreamEnd, StreamLoad } from '../stream-ends.ts'

export const bench: Bench = {
  summary: 'STREAM payments over BTP, three processes: time and processor time',
  run,
}

const ROUNDS = 3
const REFERENCE = 'floor'
const PAYMENTS_AT_ONCE = 100
const WARM_UP_MS = 3000

/** How much of it a payer does; the rest of what `PayRequest` asks. */
interface Case {
  readonly name: string
  readonly isAtOnce: boolean
  readonly of: (load: StreamLoad) => { readonly payments: number; readonly packets: number }
}

const CASES: readonly Case[] = [
  { name: 'one payment', isAtOnce: false, of: ({ packets }) => ({ payments: 1, packets }) },
  {
    name: `${PAYMENTS_AT_ONCE} payments at once`,
    isAtOnce: true,
    of: ({ packetsAtOnce: packets }) => ({ payments: PAYMENTS_AT_ONCE, packets }),
  },
  { name: 'payments of one packet', isAtOnce: false, of: ({ payments }) => ({ payments, packets: 1 }) },
]

/** The processes of one subject. */
interface Line {
  readonly name: string
  readonly load: StreamLoad
  readonly middle: Child
  readonly receiver: Child
  readonly payer: Child
}

/** Per packet, in microseconds. */
interface Sample {
  readonly time: number
  readonly payer: number
  readonly receiver: number
  readonly connector: number
}

async function run(options: BenchOptions): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const children: Child[] = []
  const begin = (...args: ConstructorParameters<typeof Child>): Child => {
    children.push(new Child(...args))
    return children.at(-1)!
  }
  try {
    const lines: Line[] = []
    for (const name of subjectNames('stream-btp')) {
      if (options.only.length > 0 && !options.only.includes(name)) continue
      options.progress(`starting ${name}`)
      lines.push(await start(name, join(directory, name), begin))
    }
    const rows: Row[] = []
    for (const each of CASES) {
      options.progress(each.name)
      rows.push(...figuresOf(await measure(lines, each, options.rounds ?? ROUNDS), each.name))
    }
    return rows
  } finally {
    await Promise.all(children.map((child) => child.stop()))
    rmSync(directory, { recursive: true })
  }
}

/** Starts the connector, then its ends, which wait for it. Its books are in memory: no disk is measured. */
async function start(
  name: string,
  directory: string,
  begin: (...args: ConstructorParameters<typeof Child>) => Child,
): Promise<Line> {
  const { subject } = (await import(moduleUrl(`subjects/stream-btp/${name}`).href)) as {
    subject: StreamBtpSubject
  }
  const ends = ['alice', 'bob'].map((id) => join(directory, id))
  for (const end of ends) mkdirSync(end, { recursive: true })
  const plan = planConnectorApp(await freePort(), directory, {
    durability: 'process',
    program: fileURLToPath(moduleUrl('subjects/durability/memory')),
    packetAmountMax: String(PACKET_AMOUNT),
  })
  const preload = [moduleUrl('measure/meter')]
  const middle = begin(plan.module, plan.args, { preload })
  const openEnd = async (role: 'payer' | 'receiver', index: 0 | 1): Promise<Child> => {
    const address = role === 'receiver' ? plan.receiver : plan.receiver.replace(/bob$/, 'alice')
    const end: StreamEnd = { ...plan.ends[index], address, receiver: plan.receiver, directory: ends[index]! }
    const child = begin(moduleUrl('stream-end'), [name, role, JSON.stringify(end)], { preload })
    await Promise.race([child.next(), middle.ended])
    return child
  }
  const receiver = await openEnd('receiver', 1)
  return { name, load: subject.load, middle, receiver, payer: await openEnd('payer', 0) }
}

/** The samples of each subject, round by round, once its code is compiled. */
async function measure(
  lines: readonly Line[],
  each: Case,
  rounds: number,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(lines.map(({ name }) => [name, []]))
  for (const line of lines) {
    for (const begin = performance.now(); performance.now() < begin + WARM_UP_MS;) await sample(line, each)
  }
  for (let round = 0; round < rounds; round++) {
    for (const line of rotate(lines, round)) samples.get(line.name)!.push(await sample(line, each))
  }
  return samples
}

async function sample({ load, payer, receiver, middle }: Line, { of, isAtOnce }: Case): Promise<Sample> {
  const { payments, packets } = of(load)
  const question: CredentialsRequest = { credentials: payments }
  const to = (await receiver.ask(question)) as PayRequest['to']
  const processes = [payer, receiver, middle]
  const usages = async (): Promise<number[]> => {
    const answers = (await Promise.all(processes.map((child) => child.ask(METER)))) as Usage[]
    return answers.map(({ cpuUs }) => cpuUs)
  }
  const before = await usages()
  const request: PayRequest = { to, packets, isAtOnce }
  const wallMs = (await payer.ask(request)) as number
  const after = await usages()
  const all = payments * packets
  const cpu = (index: number): number => (after[index]! - before[index]!) / all
  return { time: (wallMs * 1000) / all, payer: cpu(0), receiver: cpu(1), connector: cpu(2) }
}

const FIGURES: readonly (readonly [metric: string, of: (sample: Sample) => number])[] = [
  ['time per packet', ({ time }) => time],
  ['payer CPU per packet', ({ payer }) => payer],
  ['receiver CPU per packet', ({ receiver }) => receiver],
  ['connector CPU per packet', ({ connector }) => connector],
]

/** Medians over the rounds; ratios to the reference are taken within a round first. */
function figuresOf(samples: ReadonlyMap<string, readonly Sample[]>, name: string): Row[] {
  const reference = samples.get(REFERENCE)
  return [...samples].flatMap(([subject, own]) => {
    const row = (metric: string, unit: string, values: readonly number[]): Row => {
      return { case: name, subject, metric, value: median(values), unit }
    }
    const figures = FIGURES.map(([metric, of]) => row(metric, 'µs', own.map(of)))
    if (reference === undefined) return figures
    const ratios = own.map(({ time }, round) => time / reference[round]!.time)
    return [...figures, row(`time over ${REFERENCE}`, 'x', ratios)]
  })
}
