/**
 * What goes wrong, and when: drawn from the seed, one by one, so that each can be left out. Testing.
 */
import type { Chance } from './chance.ts'
import type { Network } from './network.ts'
import type { NodeHost } from './node-host.ts'
import type { NetworkPlan } from './plan.ts'

/** Faults begin in that much time, and none lasts longer than `FAULT_MS_MAX`. */
const FAULTS_MS = 75_000
const FAULT_MS_MAX = 40_000

export const FAULT_KINDS = [
  'crash',
  'wallet-crash',
  'cut',
  'partition',
  'congestion',
  'slow-disk',
  'failing-disk',
  'stall',
  'clock',
  'timeouts',
  'reorganisation',
  'stalled-ledger',
  'dear-ledger',
  'request-close',
  'collect',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export interface Fault {
  readonly index: number
  readonly kind: FaultKind
  /** Since the world began. */
  readonly afterMs: number
  readonly ms: number
  /** Which node, wallet, wire or ledger, and how much: read as the kind needs. */
  readonly target: number
  readonly strength: number
}

/** `kinds`: those that may happen. */
export function drawFaults(chance: Chance, count: number, kinds: readonly FaultKind[]): Fault[] {
  return Array.from({ length: count }, (_, index) => {
    const own = chance.fork(index)
    return {
      index,
      kind: own.pick(kinds),
      afterMs: own.integer(500, FAULTS_MS),
      ms: Math.round(own.magnitude(20, FAULT_MS_MAX)),
      target: own.uint32(),
      strength: own.integer(0, 30),
    }
  })
}

export function strike(network: Network, fault: Fault): void {
  const { kind, ms, target, strength } = fault
  const nodes = [...network.nodes.values()]
  const node = nodes[target % nodes.length]!
  const wallets = [...network.wallets.values()]
  const chains = [...network.chains.values()]
  const chain = chains[target % chains.length]!
  const { wire } = network.joints[target % network.joints.length]!
  switch (kind) {
    case 'crash':
      return node.crash(strength, ms)
    case 'wallet-crash':
      return wallets[target % wallets.length]!.crash(ms)
    case 'cut':
      return wire.cut()
    case 'partition':
      return wire.partition(ms)
    case 'congestion':
      return wire.congest(ms)
    case 'slow-disk':
      return node.disk.slow(1 + strength, ms)
    case 'failing-disk':
      return node.disk.fail(ms)
    case 'stall':
      return node.stall(ms)
    case 'clock':
      node.clock.skewMs += (strength - 15) * CLOCK_STEP_MS
      return
    case 'timeouts':
      return hurry(node, strength)
    case 'reorganisation':
      return chain.reorganise()
    case 'stalled-ledger':
      return chain.stall(ms)
    case 'dear-ledger':
      return chain.charge(BigInt(strength) * 1000n, ms)
    case 'request-close':
      return node.requestClose([...node.claims.keys()][strength % Math.max(1, node.claims.size)] ?? '')
    case 'collect':
      return node.collect()
  }
}

/** What one unit of strength sets a clock forward or back by. */
const CLOCK_STEP_MS = 20

/** Timeouts that nobody asked for do no harm. */
function hurry(node: NodeHost, count: number): void {
  for (let i = 0; i <= count; i++) node.push({ kind: 'timeout' })
}

/** In words. */
export function describeFault(
  { index, kind, afterMs, ms, target, strength }: Fault,
  plan: NetworkPlan,
): string {
  const joints = [
    ...plan.peerings.map(({ ends }) => ends.join('-')),
    ...plan.wallets.map((w) => `${w.name}-${w.parent}`),
  ]
  const names: Record<string, readonly string[]> = {
    'wallet-crash': plan.wallets.map(({ name }) => name),
    cut: joints,
    partition: joints,
    congestion: joints,
    reorganisation: plan.ledgers.map(({ name }) => name),
    'stalled-ledger': plan.ledgers.map(({ name }) => name),
    'dear-ledger': plan.ledgers.map(({ name }) => name),
  }
  const targets = names[kind] ?? plan.connectors.map(({ name }) => name)
  return `#${index} ${kind} of ${targets[target % targets.length]} after ${afterMs} ms, ${ms} ms, strength ${strength}`
}
