/** All routes of a node, and which of them have changed. Layer 3. */
import { equalBytes } from '@hourglass/sansio'
import { PrefixQueue } from './prefix-queue.ts'
import { PrefixTree } from './prefix-tree.ts'
import { type NextHop, type Offer, RouteEntry, type RoutePeer } from './route-entry.ts'
import { RouteTable } from './route-table.ts'
import type { RouteProperty } from './wire/route-property.ts'
import type { Route } from './wire/route-update.ts'

export class Routes<Peer extends RoutePeer> {
  readonly table: RouteTable<RouteEntry<Peer>> = new RouteTable<RouteEntry<Peer>>()
  readonly #tree = new PrefixTree((prefix) => this.table.get(prefix) !== undefined)
  /** Prefixes whose best route is another one since they were taken last. */
  readonly #changed = new PrefixQueue()
  /** Those whose leader is another one too: what they cover is to be looked at. */
  readonly #covering = new PrefixQueue()
  /** What is left of those that the first one covers. */
  #covered: Iterator<string, undefined> | undefined

  /** Whether there are prefixes to take. */
  get haveChanged(): boolean {
    return this.#changed.size > 0 || this.#covering.size > 0 || this.#covered !== undefined
  }

  /** A prefix whose best route is another one since it was taken last. */
  takeChanged(): string | undefined {
    return this.#changed.take()
  }

  /** A prefix whose covering one leads elsewhere since it was taken last; also that one, and others without need. */
  takeCovered(): string | undefined {
    const prefix = this.#covered?.next().value
    if (prefix !== undefined) return prefix
    const covering = this.#covering.take()
    this.#covered = covering === undefined ? undefined : this.#tree.covered(covering)
    return covering
  }

  /** Sets next hops; none at all for the node's own prefix; undefined lets peers' offers count. */
  fix(prefix: string, hops: readonly NextHop<Peer>[] | undefined): void {
    this.#entry(prefix).fixed = hops
    this.#changed.add(prefix)
    if (this.#tree.covers(prefix)) this.#covering.add(prefix)
    this.#forgetIfEmpty(prefix)
  }

  /** Takes a peer's route, instead of the one that it had for the prefix. */
  offer(peer: Peer, route: Route): void {
    const entry = this.#entry(route.prefix)
    const earlier = entry.offerOf(peer)
    const { best } = entry
    // What says the same as before is no change: peers that begin anew make no waves.
    const isSame = earlier !== undefined && equalRoutes(earlier.route, route)
    entry.offer({ peer, route: isSame ? earlier.route : route })
    this.#noteChange(route.prefix, best, entry.best)
  }

  /** Takes back the peer's route for the prefix, if it has one. */
  withdraw(peer: Peer, prefix: string): void {
    const entry = this.table.get(prefix)
    if (entry?.offerOf(peer) === undefined) return
    const { best } = entry
    entry.withdraw(peer)
    // CCP-57: the next best is the best from now on.
    this.#noteChange(prefix, best, entry.best)
    this.#forgetIfEmpty(prefix)
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
    const isOther = before?.peer !== after?.peer
    if (isOther || before?.route !== after?.route) this.#changed.add(prefix)
    if (isOther && this.#tree.covers(prefix)) this.#covering.add(prefix)
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
