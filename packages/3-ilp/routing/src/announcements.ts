/**
 * What this node tells of its routes: a log of changes, numbered by epoch (CCP-16). Layer 3.
 *
 *   best route of a prefix ─▶ ours to tell? ─▶ own address in front, auth hashed ─▶ entry n: from epoch n to n + 1
 *
 * Each prefix has one entry that counts, the newest; a withdrawn prefix keeps its entry so that who was told of the
 * route hears of its end. The log is brought up to date when somebody is about to read it: whatever happened to a
 * prefix meanwhile is one change. So many prefixes are looked at in each interval; what is left waits for the next.
 */
import type { Address } from '@hourglass/ilp'
import { encodeUtf8 } from '@hourglass/oer'
import type { Crypto, Hmac, Instant } from '@hourglass/sansio'
import { LOOKS_PER_INTERVAL, UPDATE_INTERVAL_MS, WITHDRAWALS_MAX } from './limits.ts'
import { PrefixQueue } from './prefix-queue.ts'
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
  /** Prefixes whose entry is a withdrawal, oldest first. */
  readonly #withdrawn = new PrefixQueue()
  /** The log without what counts no more, as far as it is made. */
  #compacted: Announcement<Peer>[] | undefined
  /** Entries of the log that were considered for it. */
  #considered = 0
  #epoch = 0
  #forgotten = 0
  /** When the interval began, and how many times prefixes were looked at in it. */
  #intervalAt: Instant = 0
  #looks = 0

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

  /** From when on `refresh` may find more to tell; undefined where the log has all. */
  nextRefresh(): Instant | undefined {
    if (!this.#routes.haveChanged) return undefined
    return this.#looks < LOOKS_PER_INTERVAL ? this.#intervalAt : this.#intervalAt + UPDATE_INTERVAL_MS
  }

  /** Brings the log up to date with the routes, as far as is allowed for now. */
  refresh(now: Instant): void {
    if (now >= this.#intervalAt + UPDATE_INTERVAL_MS) {
      this.#intervalAt = now
      this.#looks = 0
    }
    // By turns: what one prefix covers may be a hundred thousand others.
    for (; this.#routes.haveChanged && this.#looks < LOOKS_PER_INTERVAL; this.#looks++) {
      const changed = this.#routes.takeChanged()
      if (changed !== undefined) this.#tell(changed as Address)
      // What a prefix covers is told or left out by who serves the prefix (CCP-53).
      const covered = this.#routes.takeCovered()
      if (covered !== undefined) this.#tell(covered as Address)
      this.#compact()
    }
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
    if (route === undefined) this.#withdrawn.add(prefix)
    else this.#withdrawn.delete(prefix)
    const announcement = { epoch: this.#epoch++, prefix, nextHop, route, origin }
    this.#current.set(prefix, announcement)
    this.#log.push(announcement)
    if (this.#withdrawn.size > WITHDRAWALS_MAX) this.#forgetWithdrawal()
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

  /** Forgets the oldest one. */
  #forgetWithdrawal(): void {
    const prefix = this.#withdrawn.take()!
    this.#forgotten = this.#current.get(prefix)!.epoch + 1
    this.#current.delete(prefix)
  }

  /** Goes on to copy what counts, faster than the log grows; the copy takes its place when it has all. */
  #compact(): void {
    if (this.#compacted === undefined) {
      if (this.#log.length <= 2 * this.#current.size + COMPACT_FROM) return
      this.#compacted = []
      this.#considered = 0
    }
    const end = Math.min(this.#considered + COMPACTED_PER_LOOK, this.#log.length)
    for (; this.#considered < end; this.#considered++) {
      const entry = this.#log[this.#considered]!
      if (this.#counts(entry)) this.#compacted.push(entry)
    }
    if (end < this.#log.length) return
    this.#log = this.#compacted
    this.#compacted = undefined
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
/** A look adds two entries at most. */
const COMPACTED_PER_LOOK = 8
