/**
 * Nodes that do nothing but exchange routes, in virtual time, over links that only delay. Testing.
 * Messages travel as values: what a wire would carry is counted, not written.
 */
import { toAddress } from '@hourglass/ilp'
import { type Rng, TIMEOUT, type TraceOutput } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { Relation, RoutePeer } from '../route-entry.ts'
import { Routing, type RoutingInput, type RoutingOutput } from '../routing.ts'
import type { RouteMessage } from '../wire/message.ts'
import { routeUpdateBytes } from '../wire/route-update.ts'
import { Agenda } from './agenda.ts'

/** What both ends have in common. */
interface Link {
  isUp: boolean
  /** What was under way at a cut is lost. */
  cuts: number
}

/** A link as one end has it. */
interface End {
  readonly peer: NetworkNode
  /** What the peer is to this end. */
  readonly relation: Relation
  readonly link: Link
}

export interface NetworkNode {
  readonly name: string
  /** Its address is `test.` and its name. */
  routing: Routing<RoutePeer>
  /** By the names of the nodes at the other ends. */
  readonly ends: Map<string, End>
  readonly traces: TraceOutput[]
  wakeAt: number | undefined
}

/** A message as it leaves a node. */
export interface Sent {
  readonly from: string
  readonly to: string
  readonly message: RouteMessage
}

/** What reaches a node, and over which link; without an input it is time that has passed. */
interface Event {
  readonly node: NetworkNode
  readonly input?: RoutingInput
  readonly link?: Link
  readonly cuts?: number
}

export interface NetworkOptions {
  /** Of each message. */
  readonly delayMs?: number
  /** Below these alone nodes learn prefixes. */
  readonly prefixes?: readonly string[]
}

export class RouteNetwork {
  readonly nodes: Map<string, NetworkNode> = new Map<string, NetworkNode>()
  readonly totals: { updates: number; routes: number; withdrawals: number; bytes: number } = {
    updates: 0,
    routes: 0,
    withdrawals: 0,
    bytes: 0,
  }
  now: number = Date.UTC(2026, 0, 1)
  /** When a node last told another one something new. */
  changedAt = 0
  /** Asked of each message that leaves; false: it is lost, and its sender hears so. */
  passes: (sent: Sent) => boolean = () => true
  readonly #delayMs: number
  readonly #prefixes: readonly string[] | undefined
  readonly #agenda = new Agenda<Event>()
  #started = 0

  constructor({ delayMs = 10, prefixes }: NetworkOptions = {}) {
    this.#delayMs = delayMs
    this.#prefixes = prefixes
  }

  add(name: string): NetworkNode {
    const routing = this.#start(name)
    const node: NetworkNode = { name, routing, ends: new Map(), traces: [], wakeAt: undefined }
    this.nodes.set(name, node)
    return node
  }

  /** To `a`, `b` is `relation`. The link is up. */
  connect(a: string, b: string, relation: Relation = 'peer'): void {
    const [first, second] = [this.node(a), this.node(b)]
    const link = { isUp: false, cuts: 0 }
    first.ends.set(b, { peer: second, relation, link })
    second.ends.set(a, { peer: first, relation: OPPOSITE[relation], link })
    this.#introduce(first.routing, { id: b, relation })
    this.#introduce(second.routing, { id: a, relation: OPPOSITE[relation] })
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
    link.cuts++
    this.handle(a, { kind: 'down', account: b })
    this.handle(b, { kind: 'down', account: a })
  }

  /** The node ends and begins anew, without its memory. */
  restart(name: string): void {
    const node = this.node(name)
    const others = [...node.ends.keys()]
    for (const other of others) this.cut(name, other)
    node.routing = this.#start(name)
    for (const [id, { relation }] of node.ends) this.#introduce(node.routing, { id, relation })
    for (const other of others) this.heal(name, other)
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
      const next: RoutePeer | undefined = node.routing.table.resolve(destination)?.leader
      node = next === undefined ? undefined : this.nodes.get(next.id)
    }
    return path
  }

  #start(name: string): Routing<RoutePeer> {
    const rng = rngOf(`${name} ${this.#started++}`)
    const address = toAddress(`test.${name}`)
    return new Routing<RoutePeer>({ address, crypto: nodeCrypto, peers: [], routes: [], exchange: { rng } })
  }

  #introduce(routing: Routing<RoutePeer>, peer: RoutePeer): void {
    routing.addPeer(peer, { prefixes: this.#prefixes })
  }

  #step(): void {
    this.now = this.#agenda.nextAt!
    const { node, input, link, cuts } = this.#agenda.take()!
    if (input === undefined) {
      if (node.wakeAt === undefined || node.wakeAt > this.now) return
      node.wakeAt = undefined
      return this.#handle(node, TIMEOUT)
    }
    if (link?.cuts === cuts) this.#handle(node, input)
    // Who waits for an answer over a link that was cut has none.
    else if (input.kind === 'answered') this.#handle(node, { ...input, isAccepted: false })
    else if (input.kind === 'request') {
      const sender = this.node(input.account)
      this.#handle(sender, { kind: 'answered', id: input.id, isAccepted: false })
    }
  }

  #handle(node: NetworkNode, input: RoutingInput): void {
    node.routing.handle(input, this.now)
    for (let output = node.routing.poll(); output !== undefined; output = node.routing.poll()) {
      this.#perform(node, output)
    }
    const next = node.routing.nextTimeout()
    if (next === undefined || (node.wakeAt !== undefined && node.wakeAt <= next)) return
    node.wakeAt = Math.max(next, this.now)
    this.#agenda.add(node.wakeAt, { node })
  }

  #perform(node: NetworkNode, output: RoutingOutput): void {
    if (output.kind === 'trace') {
      node.traces.push(output)
      return
    }
    const end = node.ends.get(output.account)
    // A test stands behind the account.
    if (end === undefined) return
    const { peer, link } = end
    const { id } = output
    if (output.kind === 'reply') {
      return this.#later(peer, link, { kind: 'answered', id, isAccepted: output.refusal === undefined })
    }
    const { message } = output
    if (!link.isUp || !this.passes({ from: node.name, to: peer.name, message })) {
      return this.#later(node, link, { kind: 'answered', id, isAccepted: false })
    }
    this.#count(message)
    this.#later(peer, link, { kind: 'request', account: node.name, id, message })
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

  #later(node: NetworkNode, link: Link, input: RoutingInput): void {
    this.#agenda.add(this.now + this.#delayMs, { node, input, link, cuts: link.cuts })
  }
}

const OPPOSITE: Readonly<Record<Relation, Relation>> = { peer: 'peer', parent: 'child', child: 'parent' }
const QUIET_MS = 1000
/** No way through a network of these tests is as long. */
const LOOP = 100

/** Octets that depend on the seed alone. */
function rngOf(seed: string): Rng {
  let drawn = 0
  return {
    bytes(length) {
      const octets = nodeCrypto.sha256(Buffer.from(`${seed} ${drawn++}`))
      return Uint8Array.from({ length }, (_, i) => octets[i % octets.length]!)
    },
  }
}
