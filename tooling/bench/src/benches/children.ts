/** A connector with very many customers at once, each on a connection of its own, and packets between them. Tooling. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench, BenchOptions, Row } from '../bench.ts'
import type { LoadRequest, LoadResult } from '../children-load.ts'
import { childNames, planChildren } from '../connector-app.ts'
import { freePort } from '../btp-lines.ts'
import { Child } from '../measure/child.ts'
import { METER, type Usage } from '../measure/meter.ts'
import { moduleUrl } from '../modules.ts'

export const bench: Bench = {
  summary: '10,000 children of one connector over BTP, 2,000 packets a second between them',
  run,
}

const CHILDREN = Number(process.env['BENCH_CHILDREN'] ?? 10_000)
const PER_SECOND = 2000
const MS = 20_000

async function run(options: BenchOptions): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const port = await freePort()
  const plan = planChildren(port, directory, childNames(CHILDREN))
  options.progress(`starting a connector with ${CHILDREN} accounts`)
  const connector = new Child(plan.module, plan.args, { preload: [moduleUrl('measure/meter')] })
  const load = new Child(moduleUrl('children-load'), [String(port), String(CHILDREN)])
  try {
    const usage = async (): Promise<Usage> => (await connector.ask(METER)) as Usage
    const begun = performance.now()
    await Promise.race([load.next(), connector.ended])
    const connectedMs = performance.now() - begun
    const idle = await usage()
    options.progress(`${PER_SECOND} packets a second`)
    const request: LoadRequest = { perSecond: PER_SECOND, ms: options.ms ?? MS }
    const result = (await load.ask(request)) as LoadResult
    const busy = await usage()
    return figures(result, { connectedMs, idle, busy })
  } finally {
    await Promise.all([load.stop(), connector.stop()])
    rmSync(directory, { recursive: true })
  }
}

function figures(
  { fulfilled, failed, wallMs, p50Ms, p99Ms }: LoadResult,
  { connectedMs, idle, busy }: { connectedMs: number; idle: Usage; busy: Usage },
): Row[] {
  const row = (metric: string, unit: string, value: number): Row => {
    return { case: `${CHILDREN.toLocaleString('en')} children`, subject: 'hourglass', metric, value, unit }
  }
  return [
    row('started and connected', 's', connectedMs / 1000),
    row('memory, all connected', 'MiB', idle.memoryMib),
    row('memory, under load', 'MiB', busy.memoryMib),
    row('packets', '1/s', (fulfilled / wallMs) * 1000),
    row('not fulfilled', '1', failed),
    row('latency p50', 'ms', p50Ms),
    row('latency p99', 'ms', p99Ms),
    row('connector CPU', '% of a core', (busy.cpuUs - idle.cpuUs) / wallMs / 10),
  ]
}
