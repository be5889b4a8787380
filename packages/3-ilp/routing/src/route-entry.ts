/**
 * What is known of one prefix: the next hops that the operator has set, and what peers offer, best first. Layer 3.
 * Spec: IL-RFC 34 "Routing"; the order of ilp-connector.
 */
import type { Route } from './wire/route-update.ts'

/** IL-RFC 34 "Link Relations": what the peer is to this node. */
export type Relation = 'peer' | 'parent' | 'child'

/** The peer of an account, as routing sees it. */
export interface RoutePeer {
  /** Unique in the node. */
  readonly id: string
  readonly relation: Relation
}

export interface NextHop<Peer> {
  readonly peer: Peer
  /** Its share of the destinations, beside the weights of the others. Above 0. */
  readonly weight: number
}

/** A route, and who offers it. */
export interface Offer<Peer> {
  readonly peer: Peer
  readonly route: Route
}

export class RouteEntry<Peer extends RoutePeer> {
  /** What the operator has set. Empty: the prefix is this node's own. Undefined: peers' offers count. */
  fixed: readonly NextHop<Peer>[] | undefined
  readonly #offers: Offer<Peer>[] = []

  get isEmpty(): boolean {
    return this.fixed === undefined && this.#offers.length === 0
  }

  /** The best offer; undefined where the operator has set next hops. */
  get best(): Offer<Peer> | undefined {
    return this.fixed === undefined ? this.#offers[0] : undefined
  }

  /** The next hop while all links work; undefined for what is this node's own. */
  get leader(): Peer | undefined {
    return this.fixed === undefined ? this.#offers[0]?.peer : this.fixed[0]?.peer
  }

  offers(): readonly Offer<Peer>[] {
    return this.#offers
  }

  offerOf(peer: Peer): Offer<Peer> | undefined {
    return this.#offers.find((offer) => offer.peer === peer)
  }

  /** Takes the offer in its place (CCP-49); the peer's earlier one goes. */
  offer(offer: Offer<Peer>): void {
    this.withdraw(offer.peer)
    let at = this.#offers.length
    while (at > 0 && compareOffers(offer, this.#offers[at - 1]!) < 0) at--
    this.#offers.splice(at, 0, offer)
  }

  withdraw(peer: Peer): void {
    const at = this.#offers.findIndex((offer) => offer.peer === peer)
    if (at >= 0) this.#offers.splice(at, 1)
  }

  /**
   * Where a packet of `source` goes. A peer that cannot be used gives way to the next one; where none can, the best
   * is told all the same, so that the reject says what is wrong with it. Undefined: the prefix is this node's own.
   */
  next(destination: string, source: Peer, isUsable: (peer: Peer) => boolean): Peer | undefined {
    if (this.fixed !== undefined)
      return chooseHop(this.fixed, destination, (peer) => peer !== source && isUsable(peer))
    for (const { peer } of this.#offers) if (isUsable(peer)) return peer
    return this.#offers[0]?.peer
  }
}

/**
 * One of several next hops by their weights. A destination keeps its hop, so that the packets of one payment take one
 * way; only while that hop cannot be used, its destinations spread over the others.
 */
function chooseHop<Peer>(
  hops: readonly NextHop<Peer>[],
  destination: string,
  isUsable: (peer: Peer) => boolean,
): Peer | undefined {
  if (hops.length < 2) return hops[0]?.peer
  const preferred = hopAt(hops, destination)
  if (isUsable(preferred)) return preferred
  const usable = hops.filter(({ peer }) => isUsable(peer))
  return usable.length === 0 ? preferred : hopAt(usable, destination)
}

function hopAt<Peer>(hops: readonly NextHop<Peer>[], destination: string): Peer {
  let total = 0
  for (const { weight } of hops) total += weight
  let point = (hash(destination) / 2 ** 32) * total
  for (const { peer, weight } of hops) {
    point -= weight
    if (point < 0) return peer
  }
  return hops.at(-1)!.peer
}

/** FNV-1a with a last mix, so that all 32 bits depend on the last character. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  return (value ^ (value >>> 13)) >>> 0
}

/** CCP-49, CONN-08: children, then peers, then parents; the shorter path; and then any order, the same everywhere. */
function compareOffers<Peer extends RoutePeer>(a: Offer<Peer>, b: Offer<Peer>): number {
  return (
    RANKS[a.peer.relation] - RANKS[b.peer.relation] ||
    a.route.path.length - b.route.path.length ||
    (a.peer.id < b.peer.id ? -1 : 1)
  )
}

const RANKS: Readonly<Record<Relation, number>> = { child: 0, peer: 1, parent: 2 }
