/**
 * What this node tells of its routes: a log of changes, numbered by epoch (CCP-16). Layer 3.
 *
 *   best route of a prefix ─▶ ours to tell? ─▶ own address in front, auth hashed ─▶ entry n: from epoch n to n + 1
 *
 * Each prefix has one entry that counts, the newest; a withdrawn prefix keeps its entry so that who was told of the
 * route hears of its end. The log is brought up to date when somebody is about to read it: whatever happened to a
 * prefix meanwhile is one change.
 */
import type { Address } from '@hourglass/ilp'
import { encodeUtf8 } from '@hourglass/oer'
import type { Crypto, Hmac } from '@hourglass/sansio'
import { WITHDRAWALS_MAX } from './limits.ts'
import type { RouteEntry, RoutePeer } from './route-entry.ts'
import type { Routes } from './routes.ts'
import type { RouteProperty } from './wire/route-property.ts'
import type { Route } from './wire/route-update.ts'

export interface Announcement<Peer> {
  readonly epoch: number
  readonly prefix: Address
  /** Undefined: this node itself. */
  readonly nextHop: Peer | undefined
  /** As the next node hears it. Undefined: the prefix is withdrawn. */
  readonly route: Route | undefined
  /** The route that ours was made of, where a peer offered it. */
  readonly origin: Route | undefined
}

export interface AnnouncementsOptions<Peer extends RoutePeer> {
  readonly routes: Routes<Peer>
  readonly crypto: Crypto
  /** Secret of what this node says of its own prefixes (`routingSecret`). */
  readonly secret: Uint8Array
  readonly address: Address
}

export class Announcements<Peer extends RoutePeer> {
  readonly #routes: Routes<Peer>
  readonly #crypto: Crypto
  readonly #authOf: Hmac
  #address: Address
  #log: Announcement<Peer>[] = []
  /** By prefix, the entry that counts. */
  readonly #current = new Map<string, Announcement<Peer>>()
  #withdrawals = 0
  #epoch = 0
  #forgotten = 0

  constructor({ routes, crypto, secret, address }: AnnouncementsOptions<Peer>) {
    this.#routes = routes
    this.#crypto = crypto
    this.#authOf = crypto.hmacSha256(secret)
    this.#address = address
  }

  get address(): Address {
    return this.#address
  }

  /** The epoch behind the newest entry, as of the last `refresh`. */
  get epoch(): number {
    return this.#epoch
  }

  /** Whether there may be more to tell than the log has. */
  get isStale(): boolean {
    return this.#routes.haveChanged
  }

  /** Withdrawals before this epoch are forgotten: who was told of routes earlier must begin anew. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** From now on under another address: what was told with the old one in its path is told again. */
  readdress(address: Address): void {
    this.#address = address
    const prefixes = Array.from(this.#current.keys())
    for (const prefix of prefixes) this.#tell(prefix as Address, { isForced: true })
  }

  /** Brings the log up to date with the routes. */
  refresh(): void {
    if (!this.#routes.haveChanged) return
    const changed = this.#routes.takeChanged()
    for (const prefix of changed) {
      this.#tell(prefix as Address)
      // What a prefix covers is told or left out by who serves the prefix (CCP-53).
      for (const below of this.#routes.below(prefix)) {
        if (!changed.has(below)) this.#tell(below as Address)
      }
    }
    if (this.#withdrawals > WITHDRAWALS_MAX) this.#forgetWithdrawals()
    if (this.#log.length > 2 * this.#current.size + COMPACT_FROM) this.#compact()
  }

  /** The entries that count from an epoch on, oldest first. */
  *since(epoch: number): IterableIterator<Announcement<Peer>> {
    for (let i = this.#indexOf(epoch); i < this.#log.length; i++) {
      const entry = this.#log[i]!
      if (this.#counts(entry)) yield entry
    }
  }

  #counts(entry: Announcement<Peer>): boolean {
    return this.#current.get(entry.prefix) === entry
  }

  /** Where the entries of an epoch and later ones begin. */
  #indexOf(epoch: number): number {
    let [low, high] = [0, this.#log.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#log[middle]!.epoch < epoch) low = middle + 1
      else high = middle
    }
    return low
  }

  #tell(prefix: Address, { isForced = false } = {}): void {
    const earlier = this.#current.get(prefix)
    const entry = this.#routes.table.get(prefix)
    const isTold = entry !== undefined && this.#isOurs(prefix, entry)
    if (!isTold && earlier?.route === undefined) return
    const nextHop = isTold ? entry.leader : undefined
    const origin = isTold ? entry.best?.route : undefined
    const isSame =
      isTold && earlier?.route !== undefined && earlier.nextHop === nextHop && earlier.origin === origin
    if (isSame && !isForced) return
    const route = isTold ? this.#routeOf(prefix, origin) : undefined
    if (earlier?.route === undefined && earlier !== undefined) this.#withdrawals--
    if (route === undefined) this.#withdrawals++
    const announcement = { epoch: this.#epoch++, prefix, nextHop, route, origin }
    this.#current.set(prefix, announcement)
    this.#log.push(announcement)
  }

  /** Whether peers are told of the prefix at all. */
  #isOurs(prefix: Address, entry: RouteEntry<Peer>): boolean {
    const scheme = this.#address.slice(0, this.#address.indexOf('.'))
    // CCP-46, ADDR-16, ADDR-17: neither other networks, nor the default route.
    if (!prefix.startsWith(`${scheme}.`)) return false
    // CCP-54, ADDR-20: what lies below our own address is told by that.
    if (entry.fixed !== undefined && prefix.startsWith(`${this.#address}.`)) return false
    if (entry.leader === undefined) return true
    // CCP-53: who serves the covering prefix gets the packets all the same.
    return this.#routes.table.covering(prefix, scheme.length)?.leader !== entry.leader
  }

  /** CCP-43, CCP-47 */
  #routeOf(prefix: Address, origin: Route | undefined): Route {
    const auth = this.#crypto.sha256(origin?.auth ?? this.#authOf(encodeUtf8(prefix)))
    const properties = origin === undefined ? [] : passOn(origin.properties)
    return { prefix, path: [this.#address, ...(origin?.path ?? [])], auth, properties }
  }

  /** Forgets the older half of what was withdrawn. */
  #forgetWithdrawals(): void {
    let excess = this.#withdrawals - WITHDRAWALS_MAX / 2
    for (const entry of this.#log) {
      if (excess === 0) break
      if (entry.route !== undefined || !this.#counts(entry)) continue
      this.#current.delete(entry.prefix)
      this.#withdrawals--
      this.#forgotten = entry.epoch + 1
      excess--
    }
    this.#compact()
  }

  #compact(): void {
    this.#log = this.#log.filter((entry) => this.#counts(entry))
  }
}

/** CCP-10: what nobody here knows goes on where it is transitive, marked as such; the rest is dropped. */
function passOn(properties: readonly RouteProperty[]): readonly RouteProperty[] {
  if (properties.length === 0) return properties
  return properties
    .filter(({ isOptional, isTransitive }) => isOptional && isTransitive)
    .map((property) => ({ ...property, isPartial: true }))
}

/** Entries that no longer count are carried along up to here. */
const COMPACT_FROM = 1024
