/**
 * One subject of one bench in a process of its own, so that neither garbage nor optimised code of one subject
 * costs another. Run by `compare.ts` with the names of bench and subject. Tooling.
 */
import type { Workload } from '../bench.ts'
import { moduleUrl } from '../modules.ts'

/** What the parent asks for. */
export interface WorkerRequest {
  readonly case: string
  /** About how long to measure. */
  readonly ms: number
}

export interface Sample {
  /** Processor time of the whole process per operation, in nanoseconds. */
  readonly cpuNs: number
  readonly wallNs: number
  readonly memoryMib: number
}

/** What a bench file exports beside its `bench`, if it is measured here. */
export interface WorkerModule<Subject> {
  /** Cases by name; made once, before anything is measured. */
  readonly workloads: (
    subject: Subject,
  ) => ReadonlyMap<string, Workload> | Promise<ReadonlyMap<string, Workload>>
}

const [benchName = '', subjectName = ''] = process.argv.slice(2)
const { workloads } = (await import(moduleUrl(`benches/${benchName}`).href)) as WorkerModule<unknown>
const { subject } = (await import(moduleUrl(`subjects/${benchName}/${subjectName}`).href)) as {
  subject: unknown
}
const cases = await workloads(subject)
/** Operations that fill the time asked for, once known. */
const calibrated = new Map<string, number>()

process.on('disconnect', () => process.exit())
process.on('message', (request: WorkerRequest) => {
  void answer(request)
})
process.send?.({ cases: [...cases.keys()] })

async function answer({ case: name, ms }: WorkerRequest): Promise<void> {
  const workload = cases.get(name)!
  const operations = calibrated.get(name) ?? (await calibrate(workload, ms))
  calibrated.set(name, operations)
  process.send?.(await sample(workload, operations))
}

/** Warms up, and finds how many operations take about `ms` of processor time. */
async function calibrate(workload: Workload, ms: number): Promise<number> {
  const wantedNs = ms * 1e6
  let operations = 1
  // The first runs are slow, and one collection of garbage can make a short run look long: so ask again.
  for (let confirmed = 0; confirmed < CONFIRMATIONS;) {
    const { cpuNs, wallNs } = await sample(workload, operations)
    const ns = Math.max(cpuNs, wallNs / WALL_TO_CPU_MAX)
    const isEnough = ns * operations >= wantedNs / 2
    if (isEnough) confirmed++
    operations = isEnough ? Math.max(1, Math.round(wantedNs / ns)) : operations * 2
  }
  return operations
}

async function sample(workload: Workload, operations: number): Promise<Sample> {
  const cpuBefore = process.cpuUsage()
  const wallBefore = performance.now()
  const running = workload(operations)
  if (running !== undefined) await running
  const wallMs = performance.now() - wallBefore
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    cpuNs: ((user + system) * 1000) / operations,
    wallNs: (wallMs * 1e6) / operations,
    memoryMib: process.memoryUsage.rss() / 2 ** 20,
  }
}

const CONFIRMATIONS = 3
/** Where a disk is waited for, a measurement may last so many times its processor time. */
const WALL_TO_CPU_MAX = 4
