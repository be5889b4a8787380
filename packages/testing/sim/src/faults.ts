/**
 * What goes wrong, and when: drawn from the seed, one by one, so that each can be left out. Testing.
 */
import type { Chain } from './chain.ts'
import type { Chance } from './chance.ts'
import type { Network } from './network.ts'
import type { NodeHost } from './node-host.ts'
import type { NetworkPlan } from './plan.ts'
import type { Wallet } from './wallet.ts'
import type { Wire } from './wire.ts'

/** Faults are due in that much time, and none lasts longer than `FAULT_MS_MAX`. */
const FAULTS_MS = 75_000
const FAULT_MS_MAX = 120_000
/** Troubles seldom come alone: half of them come within so much time of others. */
const BURSTS_MAX = 4
const BURST_MS = 4000
/** So many packets pass before a fault strikes, and so much time after the last of them. */
const PACKETS_MAX = 20
const LEAD_MS_MAX = 400

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
  /** Strikes when so many packets have passed; 0: at once. */
  readonly packets: number
  readonly leadMs: number
}

/** One of each of the things that faults hit. */
export interface Target {
  readonly node: NodeHost
  readonly wallet: Wallet
  readonly wire: Wire
  readonly chain: Chain
}

/** `kinds`: those that may happen. */
export function drawFaults(chance: Chance, count: number, kinds: readonly FaultKind[]): Fault[] {
  const draws = chance.fork('bursts')
  const bursts = Array.from({ length: draws.integer(1, BURSTS_MAX) }, () => draws.integer(500, FAULTS_MS))
  return Array.from({ length: count }, (_, index) => {
    const own = chance.fork(index)
    return {
      index,
      kind: own.pick(kinds),
      afterMs: own.happens(0.5) ? own.integer(500, FAULTS_MS) : own.pick(bursts) + own.integer(0, BURST_MS),
      ms: Math.round(own.magnitude(20, FAULT_MS_MAX)),
      target: own.uint32(),
      strength: own.integer(0, 30),
      packets: own.happens(0.8) ? Math.round(own.magnitude(1, PACKETS_MAX)) : 0,
      leadMs: Math.round(own.magnitude(1, LEAD_MS_MAX)),
    }
  })
}

/** What it was drawn to hit. */
export function targetOf({ nodes, wallets, chains, joints }: Network, { target }: Fault): Target {
  const one = <T>(things: Iterable<T>): T => {
    const list = [...things]
    return list[target % list.length]!
  }
  const { wire } = one(joints)
  return { node: one(nodes.values()), wallet: one(wallets.values()), wire, chain: one(chains.values()) }
}

export function strike({ kind, ms, strength }: Fault, { node, wallet, wire, chain }: Target): void {
  switch (kind) {
    case 'crash':
      return node.crash(strength, ms)
    case 'wallet-crash':
      return wallet.crash(ms)
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
      return node.stall(Math.min(ms, STALL_MS_MAX))
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

/** What stands still for longer may find its packets forgotten by a peer that took it for present. */
const STALL_MS_MAX = 30_000

/** What one unit of strength sets a clock forward or back by. */
const CLOCK_STEP_MS = 20

/** Timeouts that nobody asked for do no harm. */
function hurry(node: NodeHost, count: number): void {
  for (let i = 0; i <= count; i++) node.push({ kind: 'timeout' })
}

/** In words. */
export function describeFault(
  { index, kind, afterMs, ms, target, strength, packets, leadMs }: Fault,
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
  const when = packets === 0 ? '' : ` or, where packets pass, ${leadMs} ms after ${packets} of them`
  const what = `#${index} ${kind} of ${targets[target % targets.length]}`
  return `${what} after ${afterMs} ms${when}: ${ms} ms, strength ${strength}`
}
