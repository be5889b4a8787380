/**
 * What must be true of routes where connectors tell one another of them. Testing.
 * Who may be told is seen where it is told; where all ways lead, once links have been quiet for a while.
 */
import type { Prepare } from '@hourglass/ilp'
import { type Relation, UPDATE_DESTINATION, decodeRouteMessage } from '@hourglass/routing'
import type { Joint, Network } from './network.ts'
import { NodeHost, addressOf } from './node-host.ts'
import { Violation, check } from './violation.ts'

/** A connector at the other end of an account, and what it is to this one. */
interface Neighbour {
  readonly node: NodeHost
  readonly relation: Relation
}

export class RouteInvariants {
  readonly #network: Network
  readonly #nodes: readonly NodeHost[]

  constructor(network: Network) {
    this.#network = network
    this.#nodes = [...network.nodes.values()]
    for (const node of this.#nodes) {
      node.packets.afterTelling = (peer, prepare) => checkTold(node, peer, prepare)
    }
  }

  /** What is wrong with the routes while these links are down and the others have been up for long. */
  flaw(down: ReadonlySet<Joint>): Violation | undefined {
    for (const to of this.#nodes) {
      const hearers = this.#hearersOf(to, down)
      for (const from of this.#nodes) {
        const flaw = hearers.has(from) ? this.#flawOfWay(from, to) : flawOfSilence(from, to)
        if (flaw !== undefined) return flaw
      }
    }
    return undefined
  }

  /** Nodes that are to know a way to one: those above it, and whoever they, or others that know, may tell. */
  #hearersOf(to: NodeHost, down: ReadonlySet<Joint>): ReadonlySet<NodeHost> {
    const hearers = new Set([to])
    // Parents are told of what is their children's.
    for (const hearer of hearers) {
      for (const { node, relation } of this.#neighbours(hearer, down)) {
        if (relation === 'parent') hearers.add(node)
      }
    }
    // And of nothing else; peers and children are told of everything.
    for (const hearer of hearers) {
      for (const { node, relation } of this.#neighbours(hearer, down)) {
        if (relation !== 'parent') hearers.add(node)
      }
    }
    return hearers
  }

  #neighbours(of: NodeHost, down: ReadonlySet<Joint>): Neighbour[] {
    const joints = this.#network.joints.filter((joint) => joint.ends.includes(of) && !down.has(joint))
    return joints.flatMap(({ ends }) => {
      const node = ends[0] === of ? ends[1] : ends[0]
      return node instanceof NodeHost ? [{ node, relation: of.accounts.get(node.name)!.relation }] : []
    })
  }

  /** Follows the best routes as a packet does. */
  #flawOfWay(from: NodeHost, to: NodeHost): Violation | undefined {
    const way: string[] = []
    for (let node: NodeHost | undefined = from; node !== undefined;) {
      way.push(node.name)
      if (way.length > this.#nodes.length) {
        return new Violation('no-loops', [from.name, to.name], way.join(' '))
      }
      const next: string | undefined = tableOf(node)?.resolve(`${addressOf(to.name)}.someone`)?.leader?.id
      node = next === undefined ? undefined : this.#network.nodes.get(next)
    }
    if (way.at(-1) === to.name) return undefined
    return new Violation('routes-lead-there', [from.name, to.name], `ends at ${way.join(' ')}`)
  }
}

function flawOfSilence(from: NodeHost, to: NodeHost): Violation | undefined {
  const offer = tableOf(from)?.get(addressOf(to.name))?.best
  if (offer === undefined) return undefined
  return new Violation('routes-end', [from.name, to.name], `has a route still: ${offer.route.path.join(' ')}`)
}

function tableOf({ process }: NodeHost) {
  return process?.node.connector.routing?.table
}

/** Of whose routes a node tells whom. */
function checkTold(node: NodeHost, peer: string, prepare: Prepare): void {
  if (prepare.destination !== UPDATE_DESTINATION) return
  const message = decodeRouteMessage(prepare)
  if (message.kind !== 'update') return
  for (const { path } of message.newRoutes) {
    const next = path[1]?.slice(addressOf('').length)
    if (next === undefined) continue
    const isParent = node.accounts.get(peer)!.relation === 'parent'
    const isAllowed = next !== peer && (!isParent || node.accounts.get(next)?.relation === 'child')
    check(isAllowed, 'told-as-allowed', [node.name, peer], () => path.join(' '))
  }
}
