/**
 * The process that has a pair of nodes: pays, and tells what that took. Run by the bench with a subject's name.
 * Tooling.
 */
import { type LightningPair, type LightningSubject, cpuMsOf, memoryMibOf } from './lightning-pair.ts'
import { moduleUrl } from './modules.ts'

export type HostRequest =
  | { readonly kind: 'pay'; readonly payments: number; readonly inFlight: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'close' }

/** What the host says first. */
export interface Opened {
  readonly readyMs: number | undefined
  readonly memoryMib: number
}

export interface Paid {
  readonly wallMs: number
  /** Of all processes: both nodes, and whoever told them to pay. */
  readonly cpuMs: number
  /** Of the node that has most. */
  readonly memoryMib: number
}

const [name = ''] = process.argv.slice(2)
const { subject } = (await import(moduleUrl(`subjects/lightning/${name}`).href)) as {
  subject: LightningSubject
}
const pair = await subject.open()
process.on('disconnect', () => process.exit())
process.on('message', (request: HostRequest) => {
  void perform(request).then((answer) => process.send!(answer))
})
const opened: Opened = { readyMs: pair.readyMs, memoryMib: memoryMib(pair) }
process.send!(opened)

async function perform(request: HostRequest): Promise<Paid | { readyMs: number | undefined }> {
  if (request.kind === 'pay') return pay(request.payments, request.inFlight)
  if (request.kind === 'restart') return { readyMs: await pair.restart?.() }
  await pair.close()
  return { readyMs: undefined }
}

async function pay(payments: number, inFlight: number): Promise<Paid> {
  const [cpuBefore, begin] = [cpuMs(pair), performance.now()]
  await pair.pay(payments, inFlight)
  const wallMs = performance.now() - begin
  return { wallMs, cpuMs: cpuMs(pair) - cpuBefore, memoryMib: memoryMib(pair) }
}

function cpuMs(nodes: LightningPair): number {
  const { user, system } = process.cpuUsage()
  return nodes.pids().reduce((sum, pid) => sum + cpuMsOf(pid), (user + system) / 1000)
}

function memoryMib(nodes: LightningPair): number {
  return Math.max(...nodes.pids().map(memoryMibOf))
}
