/**
 * Payments between two Lightning nodes: LDK alone, our nodes, and our settlement over them, from the order to the
 * credit on the other side. Tooling.
 */
import type { Bench, BenchOptions, Row } from '../bench.ts'
import type { HostRequest, Opened, Paid } from '../lightning-host.ts'
import { Child } from '../measure/child.ts'
import { rotate } from '../measure/compare.ts'
import { median } from '../measure/statistics.ts'
import { moduleUrl, subjectNames } from '../modules.ts'

export const bench: Bench = {
  summary: 'payments between two Lightning nodes: LDK alone, our nodes, our settlement; start and memory',
  run,
}

const ROUNDS = 9
/** Payments that a sample has, by how many are in flight. */
const SAMPLES = new Map([
  [1, 80],
  [100, 800],
])
const WARM_UP = { payments: 300, inFlight: 10 }
/** BENCH_PAYMENTS=20000 pays as many on each before the memory is looked at. */
const PAYMENTS = Number(process.env['BENCH_PAYMENTS'] ?? 2000)
const AT_ONCE = 100
const REFERENCE = 'floor'

interface Pair {
  readonly name: string
  readonly host: Child
  readonly opened: Opened
}

async function run(options: BenchOptions): Promise<Row[]> {
  const pairs: Pair[] = []
  try {
    for (const name of subjectNames('lightning')) {
      if (options.only.length > 0 && !options.only.includes(name)) continue
      options.progress(`opening ${name}`)
      const host = new Child(moduleUrl('lightning-host'), [name])
      pairs.push({ name, host, opened: (await host.next()) as Opened })
    }
    for (const pair of pairs) await pay(pair, WARM_UP)
    const rows: Row[] = []
    for (const [inFlight, payments] of SAMPLES) {
      options.progress(`${inFlight} in flight`)
      rows.push(...(await compare(pairs, { inFlight, payments }, options.rounds ?? ROUNDS)))
    }
    options.progress(`${PAYMENTS} payments each`)
    for (const pair of pairs) rows.push(...(await memory(pair)))
    for (const pair of pairs) rows.push(...(await starts(pair)))
    return rows
  } finally {
    for (const { host } of pairs) await ask(host, { kind: 'close' }).catch(() => undefined)
    await Promise.all(pairs.map(({ host }) => host.stop()))
  }
}

interface Load {
  readonly payments: number
  readonly inFlight: number
}

/** Each pair once a round; ratios are taken within a round. */
async function compare(pairs: readonly Pair[], load: Load, rounds: number): Promise<Row[]> {
  const samples = new Map<string, Paid[]>(pairs.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const pair of rotate(pairs, round)) samples.get(pair.name)!.push(await pay(pair, load))
  }
  const reference = samples.get(REFERENCE)
  return [...samples].flatMap(([subject, own]) => {
    const row = (metric: string, unit: string, of: (sample: Paid, round: number) => number): Row => {
      return { case: `${load.inFlight} in flight`, subject, metric, value: median(own.map(of)), unit }
    }
    const { payments } = load
    const rows = [
      row('payments', '1/s', ({ wallMs }) => (1000 * payments) / wallMs),
      row('time per payment', 'ms', ({ wallMs }) => wallMs / payments),
      row('CPU per payment', 'ms', ({ cpuMs }) => cpuMs / payments),
    ]
    if (reference === undefined) return rows
    return [
      ...rows,
      row(`time over ${REFERENCE}`, 'x', ({ wallMs }, round) => wallMs / reference[round]!.wallMs),
      row(`CPU over ${REFERENCE}`, 'x', ({ cpuMs }, round) => cpuMs / reference[round]!.cpuMs),
    ]
  })
}

async function memory({ name, host, opened }: Pair): Promise<Row[]> {
  const row = (when: string, value: number): Row => {
    return { case: when, subject: name, metric: 'memory of a node', value, unit: 'MiB' }
  }
  const rows = [row('at its start', opened.memoryMib)]
  for (const part of [0.5, 1]) {
    const paid = await pay({ name, host, opened }, { payments: PAYMENTS / 2, inFlight: AT_ONCE })
    rows.push(row(`after ${(part * PAYMENTS).toLocaleString('en')} payments more`, paid.memoryMib))
  }
  return rows
}

async function starts({ name, host, opened }: Pair): Promise<Row[]> {
  if (opened.readyMs === undefined) return []
  const again = (await ask(host, { kind: 'restart' })) as { readyMs: number }
  const row = (when: string, value: number): Row => {
    return { case: when, subject: name, metric: 'ready', value, unit: 'ms' }
  }
  return [row('first start', opened.readyMs), row('start again', again.readyMs)]
}

async function pay({ host }: Pair, { payments, inFlight }: Load): Promise<Paid> {
  return (await ask(host, { kind: 'pay', payments, inFlight })) as Paid
}

function ask(host: Child, request: HostRequest): Promise<unknown> {
  return host.ask(request)
}
