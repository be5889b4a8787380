/**
 * Faults that wait until money is under way, since in a quiet network most of them show nothing. Testing.
 *
 *   waiting ──so many Prepares have gone on──▶ struck a moment later, where the last one passed
 *      └──none comes for a while──▶ struck where it was drawn to
 */
import { type Fault, type FaultKind, type Target, strike, targetOf } from './faults.ts'
import type { Network } from './network.ts'
import type { NodeHost } from './node-host.ts'
import { Wallet } from './wallet.ts'
import type { World } from './world.ts'

/** A Prepare that a node has just sent on. */
interface Passage {
  readonly node: NodeHost
  /** The peers that it came from and goes to. */
  readonly peers: readonly [string, string]
}

/** The most that a fault comes later than it was drawn for. */
export const WAIT_MS = 15_000

/** Those that show something where packets pass. */
const WAITING_KINDS: ReadonlySet<FaultKind> = new Set<FaultKind>([
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
])

export class Ambush {
  readonly #network: Network
  readonly #world: World
  readonly #waiting = new Set<(passage: Passage) => void>()

  constructor(network: Network, world: World) {
    this.#network = network
    this.#world = world
    for (const node of network.nodes.values()) {
      node.packets.afterForward = (...peers) => {
        for (const hear of [...this.#waiting]) hear({ node, peers })
      }
    }
  }

  /** The time has come for `fault`; `tell` is called when it strikes. */
  lay(fault: Fault, tell: () => void): void {
    const drawn = targetOf(this.#network, fault)
    const act = (target: Target): void => {
      tell()
      strike(fault, target)
    }
    if (fault.packets === 0 || !WAITING_KINDS.has(fault.kind)) return act(drawn)
    let left = fault.packets
    const hear = (passage: Passage): void => {
      const target = this.#at(passage, fault, drawn)
      if (target === undefined || --left > 0) return
      this.#waiting.delete(hear)
      this.#world.after(fault.leadMs, () => act(target))
    }
    this.#waiting.add(hear)
    this.#world.after(WAIT_MS, () => {
      if (this.#waiting.delete(hear)) act(drawn)
    })
  }

  /** What the packet passes; undefined where that is nothing for the fault. */
  #at({ node, peers }: Passage, { kind, target }: Fault, drawn: Target): Target | undefined {
    const peer = peers[target % 2]!
    const joint = this.#network.joints.find(({ ends }) => {
      return ends.some((end) => end === node) && ends.some(({ name }) => name === peer)
    })
    if (joint === undefined) return undefined
    const wallet = joint.ends.find((end) => end instanceof Wallet)
    if (kind === 'wallet-crash' && wallet === undefined) return undefined
    return { ...drawn, node, wire: joint.wire, wallet: wallet ?? drawn.wallet }
  }
}
