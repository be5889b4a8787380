/** Builds the hosts, wires and ledgers of a plan, and lets them run. Testing. */
import type { Relation } from '@hourglass/routing'
import { Chain } from './chain.ts'
import type { CheatPlan } from './cheats.ts'
import type { HostAccount } from './host-account.ts'
import { type HostWorld, NodeHost } from './node-host.ts'
import type { NetworkPlan, PeeringPlan, Terms, WalletPlan } from './plan.ts'
import { Wallet } from './wallet.ts'
import { Wire, type WireEnd, type WireKind } from './wire.ts'

/** Two ends of one account, and what lies between. */
export interface Joint {
  readonly wire: Wire
  readonly terms: Terms
  /** The end that connects, and the other. */
  readonly ends: readonly [NodeHost | Wallet, NodeHost | Wallet]
}

export class Network {
  readonly plan: NetworkPlan
  readonly chains = new Map<string, Chain>()
  readonly nodes = new Map<string, NodeHost>()
  readonly wallets = new Map<string, Wallet>()
  readonly joints: Joint[] = []
  readonly #shared: HostWorld

  constructor(plan: NetworkPlan, shared: HostWorld, cheat?: CheatPlan) {
    this.plan = plan
    this.#shared = shared
    const { world, chance } = shared
    for (const ledger of plan.ledgers) {
      this.chains.set(ledger.name, new Chain(world, chance.fork(ledger.name), ledger))
    }
    for (const connector of plan.connectors) {
      const own = cheat?.node === connector.name ? cheat : undefined
      this.nodes.set(connector.name, new NodeHost(connector, shared, own))
    }
    for (const peering of plan.peerings) this.#joinPeers(peering)
    for (const wallet of plan.wallets) this.#joinWallet(wallet)
    this.#fund()
  }

  start(): void {
    for (const node of this.nodes.values()) node.start()
    for (const wallet of this.wallets.values()) wallet.start()
  }

  /** Prepares that connectors have sent on. */
  get forwarded(): number {
    let sum = 0
    for (const { packets } of this.nodes.values()) sum += packets.forwarded
    return sum
  }

  #joinPeers(peering: PeeringPlan): void {
    const [a, b] = peering.ends.map((name) => this.nodes.get(name)!) as [NodeHost, NodeHost]
    const wire = this.#wire(peering, [endOf(a, b.name), endOf(b, a.name)])
    const { relation } = peering
    const routing = { sendRoutes: true, receiveRoutes: true }
    a.addAccount(this.#account({ id: b.name, relation, routing, side: 0 }, peering, wire))
    b.addAccount(this.#account({ id: a.name, relation: OPPOSITE[relation], routing, side: 1 }, peering, wire))
    this.joints.push({ wire, terms: peering, ends: [a, b] })
  }

  #joinWallet(plan: WalletPlan): void {
    const wallet = new Wallet(plan, this.#shared)
    const parent = this.nodes.get(plan.parent)!
    this.wallets.set(plan.name, wallet)
    const wire = this.#wire(plan, [wallet, endOf(parent, wallet.name)])
    const routing = { sendRoutes: false, receiveRoutes: false }
    wallet.setAccount(this.#account({ id: parent.name, relation: 'parent', routing, side: 0 }, plan, wire))
    parent.addAccount(this.#account({ id: wallet.name, relation: 'child', routing, side: 1 }, plan, wire))
    this.joints.push({ wire, terms: plan, ends: [wallet, parent] })
  }

  #wire({ wire: kind, climate }: PeeringPlan | WalletPlan, ends: readonly [WireEnd, WireEnd]): Wire {
    const { world, chance } = this.#shared
    return new Wire(world, chance.fork(`wire ${this.joints.length}`), { kind, climate, ends })
  }

  #account(
    own: Pick<HostAccount, 'id' | 'relation' | 'routing' | 'side'>,
    plan: (PeeringPlan | WalletPlan) & { readonly wire: WireKind },
    wire: Wire,
  ): HostAccount {
    const { settlement } = plan
    const chain = settlement === undefined ? undefined : this.chains.get(settlement.ledger)
    return { ...own, terms: plan, wire, wireKind: plan.wire, chain }
  }

  /** Everybody has plenty on every ledger. */
  #fund(): void {
    for (const { ledger } of this.chains.values()) {
      for (const name of [...this.nodes.keys(), ...this.wallets.keys()]) ledger.mint(name, FUNDS)
    }
  }
}

const FUNDS = 10n ** 18n
const OPPOSITE: Readonly<Record<Relation, Relation>> = { peer: 'peer', parent: 'child', child: 'parent' }

/** The account of a node as the end of a wire. */
function endOf(node: NodeHost, account: string): WireEnd {
  return {
    get isRunning() {
      return node.isRunning
    },
    receive: (wire) => node.push({ kind: 'wire', account, wire }),
  }
}
