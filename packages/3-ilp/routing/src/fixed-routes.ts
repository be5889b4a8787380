/** Routes that no peer tells: this node's own, its children's, and those that the operator sets. Layer 3. */
import type { Address } from '@hourglass/ilp'
import { UsageError } from '@hourglass/sansio'
import type { NextHop, RoutePeer } from './route-entry.ts'

/** A next hop that the operator sets; several of one prefix share its packets. */
export interface StaticRoute {
  /** Empty: for whatever nothing else matches. */
  readonly prefix: string
  readonly account: string
  /** Its share beside the others of the prefix. Default 1. */
  readonly weight?: number
}

export interface FixedRoutesOptions<Peer> {
  readonly address: Address
  /** By account. */
  readonly peers: ReadonlyMap<string, Peer>
  readonly routes: readonly StaticRoute[]
}

/** By prefix; the node's own has no next hop. @throws UsageError where a route leads to nobody */
export function fixedRoutes<Peer extends RoutePeer>({
  address,
  peers,
  routes,
}: FixedRoutesOptions<Peer>): Map<string, readonly NextHop<Peer>[]> {
  const fixed = new Map<string, readonly NextHop<Peer>[]>([[address, []]])
  for (const peer of peers.values()) {
    if (peer.relation === 'child') fixed.set(prefixOfChild(address, peer), [{ peer, weight: 1 }])
  }
  // CCP-49: what the operator sets counts before all.
  const set = new Map<string, NextHop<Peer>[]>()
  for (const route of routes) {
    const hop = nextHopOf(route, peers)
    const hops = set.get(route.prefix)
    if (hops === undefined) set.set(route.prefix, [hop])
    else hops.push(hop)
  }
  for (const [prefix, hops] of set) fixed.set(prefix, hops)
  return fixed
}

export function prefixOfChild(address: Address, { id }: RoutePeer): string {
  return `${address}.${id}`
}

function nextHopOf<Peer>(
  { prefix, account, weight = 1 }: StaticRoute,
  peers: ReadonlyMap<string, Peer>,
): NextHop<Peer> {
  const peer = peers.get(account)
  if (peer === undefined) throw new UsageError(`route ${prefix} leads to the unknown account ${account}`)
  if (!(weight > 0)) throw new UsageError(`route ${prefix} to ${account} has the weight ${weight}`)
  return { peer, weight }
}
