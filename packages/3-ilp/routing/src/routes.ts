/** All routes of a node, and which of them have changed. Layer 3. */
import { equalBytes } from '@hourglass/sansio'
import { PrefixTree } from './prefix-tree.ts'
import { type NextHop, type Offer, RouteEntry, type RoutePeer } from './route-entry.ts'
import { RouteTable } from './route-table.ts'
import type { RouteProperty } from './wire/route-property.ts'
import type { Route } from './wire/route-update.ts'

export class Routes<Peer extends RoutePeer> {
  readonly table: RouteTable<RouteEntry<Peer>> = new RouteTable<RouteEntry<Peer>>()
  readonly #tree = new PrefixTree((prefix) => this.table.get(prefix) !== undefined)
  /** Prefixes whose best route is another one since they were taken last. */
  #changed = new Set<string>()

  get haveChanged(): boolean {
    return this.#changed.size > 0
  }

  /** Prefixes whose best route is another one since the last call. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed
    this.#changed = new Set()
    return changed
  }

  /** Known prefixes below one, without itself. */
  below(prefix: string): IterableIterator<string> {
    return this.#tree.below(prefix)
  }

  /** Sets next hops; none at all for the node's own prefix; undefined lets peers' offers count. */
  fix(prefix: string, hops: readonly NextHop<Peer>[] | undefined): void {
    this.#entry(prefix).fixed = hops
    this.#changed.add(prefix)
    this.#forgetIfEmpty(prefix)
  }

  /** Takes a peer's route. Whether it had none for the prefix before. */
  offer(peer: Peer, route: Route, generation: number): boolean {
    const entry = this.#entry(route.prefix)
    const earlier = entry.offerOf(peer)
    const { best } = entry
    // What says the same as before is no change: peers that begin anew make no waves.
    const isSame = earlier !== undefined && equalRoutes(earlier.route, route)
    entry.offer({ peer, route: isSame ? earlier.route : route, generation })
    this.#noteChange(route.prefix, best, entry.best)
    return earlier === undefined
  }

  /** Whether the peer had a route for the prefix. */
  withdraw(peer: Peer, prefix: string): boolean {
    const entry = this.table.get(prefix)
    if (entry?.offerOf(peer) === undefined) return false
    const { best } = entry
    entry.withdraw(peer)
    // CCP-57: the next best is the best from now on.
    this.#noteChange(prefix, best, entry.best)
    this.#forgetIfEmpty(prefix)
    return true
  }

  /** Withdraws what the peer offered before its table of that generation; all of it where none is given. */
  withdrawBefore(peer: Peer, generation: number = Number.POSITIVE_INFINITY): number {
    const prefixes: string[] = []
    for (const [prefix, entry] of this.table) {
      const offer = entry.offerOf(peer)
      if (offer !== undefined && offer.generation < generation) prefixes.push(prefix)
    }
    for (const prefix of prefixes) this.withdraw(peer, prefix)
    return prefixes.length
  }

  #entry(prefix: string): RouteEntry<Peer> {
    let entry = this.table.get(prefix)
    if (entry === undefined) {
      entry = new RouteEntry()
      this.table.set(prefix, entry)
      this.#tree.add(prefix)
    }
    return entry
  }

  #forgetIfEmpty(prefix: string): void {
    if (this.table.get(prefix)?.isEmpty !== true) return
    this.table.delete(prefix)
    this.#tree.delete(prefix)
  }

  #noteChange(prefix: string, before: Offer<Peer> | undefined, after: Offer<Peer> | undefined): void {
    if (before?.peer !== after?.peer || before?.route !== after?.route) this.#changed.add(prefix)
  }
}

function equalRoutes(a: Route, b: Route): boolean {
  return (
    a.path.length === b.path.length &&
    a.path.every((hop, i) => hop === b.path[i]) &&
    equalBytes(a.auth, b.auth) &&
    a.properties.length === b.properties.length &&
    a.properties.every((property, i) => equalProperties(property, b.properties[i]!))
  )
}

function equalProperties(a: RouteProperty, b: RouteProperty): boolean {
  return (
    a.id === b.id &&
    a.isOptional === b.isOptional &&
    a.isTransitive === b.isTransitive &&
    a.isPartial === b.isPartial &&
    a.isUtf8 === b.isUtf8 &&
    equalBytes(a.value, b.value)
  )
}
