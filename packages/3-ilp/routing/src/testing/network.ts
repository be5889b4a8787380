/**
 * Nodes that do nothing but exchange routes, in virtual time, over links that only delay. Testing.
 * Messages travel as values: what a wire would carry is counted, not written.
 */
import { type Address, toAddress } from '@hourglass/ilp'
import { type Crypto, type Rng, TIMEOUT, type TraceOutput } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { Relation, RoutePeer } from '../route-entry.ts'
import { type PeerRouting, Routing, type RoutingInput, type RoutingOutput } from '../routing.ts'
import type { StaticRoute } from '../fixed-routes.ts'
import type { RouteMessage } from '../wire/message.ts'
import { routeUpdateBytes } from '../wire/route-update.ts'
import { Agenda } from './agenda.ts'

export interface NetworkOptions {
  readonly delayMs?: number
  readonly crypto?: Crypto
  readonly broadcastIntervalMs?: number
  /** What stands in a node's table beside what it learns. */
  readonly routes?: (name: string) => readonly StaticRoute[]
}

/** A link as one end has it. */
interface End {
  readonly peer: NetworkNode
  readonly link: { isUp: boolean }
}

export interface NetworkNode {
  readonly name: string
  readonly address: Address
  readonly routing: Routing<RoutePeer>
  readonly ends: Map<string, End>
  readonly traces: TraceOutput[]
  wakeAt: number | undefined
}

type Event =
  | { readonly kind: 'wake'; readonly node: NetworkNode }
  | { readonly kind: 'input'; readonly node: NetworkNode; readonly input: RoutingInput }

/** A message as it left a node. */
export interface Sent {
  readonly at: number
  readonly from: string
  readonly to: string
  readonly message: RouteMessage
}

export class RouteNetwork {
  readonly nodes: Map<string, NetworkNode> = new Map<string, NetworkNode>()
  readonly totals = { updates: 0, routes: 0, withdrawals: 0, bytes: 0 }
  /** When a node last told another one something new. */
  changedAt = 0
  now: number
  /** Asked of each message that leaves; false: it is lost, and the sender hears so. */
  passes: (sent: Sent) => boolean = () => true
  readonly #options: NetworkOptions
  readonly #agenda = new Agenda<Event>()
  #added = 0

  constructor(options: NetworkOptions = {}) {
    this.#options = options
    this.now = BEGIN
  }

  add(name: string, address = `test.${name}`): NetworkNode {
    const { crypto = nodeCrypto, broadcastIntervalMs = 30_000, routes } = this.#options
    const rng = rngOf(`${name}#${this.#added++}`)
    const routing = new Routing<RoutePeer>({
      address: toAddress(address),
      crypto,
      peers: [],
      routes: routes?.(name) ?? [],
      exchange: { rng, broadcastIntervalMs },
    })
    const node = {
      name,
      address: toAddress(address),
      routing,
      ends: new Map(),
      traces: [],
      wakeAt: undefined,
    }
    this.nodes.set(name, node)
    return node
  }

  /** `b` is `relation` to `a`, whose opposite `a` is to `b`. The link is up. */
  connect(
    a: string,
    b: string,
    relation: Relation = 'peer',
    routing: readonly [PeerRouting?, PeerRouting?] = [],
  ): void {
    const [first, second] = [this.node(a), this.node(b)]
    const link = { isUp: false }
    first.ends.set(b, { peer: second, link })
    second.ends.set(a, { peer: first, link })
    first.routing.addPeer({ id: b, relation }, routing[0] ?? {})
    second.routing.addPeer({ id: a, relation: OPPOSITE[relation] }, routing[1] ?? {})
    this.heal(a, b)
  }

  heal(a: string, b: string): void {
    this.node(a).ends.get(b)!.link.isUp = true
    this.handle(a, { kind: 'up', account: b })
    this.handle(b, { kind: 'up', account: a })
  }

  cut(a: string, b: string): void {
    const { link } = this.node(a).ends.get(b)!
    link.isUp = false
    this.handle(a, { kind: 'down', account: b })
    this.handle(b, { kind: 'down', account: a })
  }

  node(name: string): NetworkNode {
    return this.nodes.get(name)!
  }

  handle(name: string, input: RoutingInput): void {
    this.#handle(this.node(name), input)
  }

  /** Lets so much time pass. */
  run(ms: number): void {
    const end = this.now + ms
    while ((this.#agenda.nextAt ?? Number.POSITIVE_INFINITY) <= end) this.#step()
    this.now = end
  }

  /** Lets time pass until nobody has had anything new to tell for a second. */
  settle(): void {
    this.changedAt = this.now
    while ((this.#agenda.nextAt ?? Number.POSITIVE_INFINITY) <= this.changedAt + QUIET_MS) this.#step()
  }

  /** The nodes that a packet passes from a node on, until one has no next hop. */
  trace(from: string, destination: string): string[] {
    const path: string[] = []
    for (let node: NetworkNode | undefined = this.node(from); node !== undefined && path.length < LOOP;) {
      path.push(node.name)
      const entry = node.routing.table.resolve(destination)
      const next: RoutePeer | undefined = entry?.leader
      node = next === undefined ? undefined : this.nodes.get(next.id)
    }
    return path
  }

  #step(): void {
    this.now = this.#agenda.nextAt!
    const event = this.#agenda.take()!
    if (event.kind === 'input') return this.#handle(event.node, event.input)
    const { node } = event
    if (node.wakeAt === undefined || node.wakeAt > this.now) return
    node.wakeAt = undefined
    this.#handle(node, TIMEOUT)
  }

  #handle(node: NetworkNode, input: RoutingInput): void {
    node.routing.handle(input, this.now)
    for (let output = node.routing.poll(); output !== undefined; output = node.routing.poll()) {
      this.#perform(node, output)
    }
    const next = node.routing.nextTimeout()
    if (next === undefined || (node.wakeAt !== undefined && node.wakeAt <= next)) return
    node.wakeAt = Math.max(next, this.now)
    this.#agenda.add(node.wakeAt, { kind: 'wake', node })
  }

  #perform(node: NetworkNode, output: RoutingOutput): void {
    switch (output.kind) {
      case 'trace':
        node.traces.push(output)
        break
      case 'request':
        this.#send(node, output)
        break
      case 'reply': {
        const isAccepted = output.refusal === undefined
        this.#later(node.ends.get(output.account)!.peer, { kind: 'answered', id: output.id, isAccepted })
        break
      }
    }
  }

  #send(node: NetworkNode, { account, id, message }: Extract<RoutingOutput, { kind: 'request' }>): void {
    const { peer, link } = node.ends.get(account)!
    const passes = link.isUp && this.passes({ at: this.now, from: node.name, to: peer.name, message })
    if (!passes) return this.#later(node, { kind: 'answered', id, isAccepted: false })
    this.#count(message)
    this.#later(peer, { kind: 'request', account: node.name, id, message })
  }

  #count(message: RouteMessage): void {
    if (message.kind === 'control') return
    const { newRoutes, withdrawn } = message
    this.totals.updates++
    this.totals.routes += newRoutes.length
    this.totals.withdrawals += withdrawn.length
    this.totals.bytes += routeUpdateBytes(message)
    if (newRoutes.length + withdrawn.length > 0) this.changedAt = this.now
  }

  #later(node: NetworkNode, input: RoutingInput): void {
    this.#agenda.add(this.now + (this.#options.delayMs ?? 10), { kind: 'input', node, input })
  }
}

const OPPOSITE: Readonly<Record<Relation, Relation>> = { peer: 'peer', parent: 'child', child: 'parent' }
const BEGIN = Date.UTC(2026, 0, 1)
const QUIET_MS = 1000
const LOOP = 100

/** Octets that depend on the seed alone. */
function rngOf(seed: string): Rng {
  let counter = 0
  return {
    bytes(length) {
      const octets = nodeCrypto.sha256(Buffer.from(`${seed}/${counter++}`))
      return Uint8Array.from({ length }, (_, i) => octets[i % octets.length]!)
    },
  }
}
