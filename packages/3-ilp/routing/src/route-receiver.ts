/**
 * Takes one peer's routes. Layer 3. As ilp-connector does, but for conformance rows X-CCP3 and X-CCP6.
 *
 *   up ─▶ ask ─accepted─▶ listening ─update─▶ listening      another table: begins at epoch 0; what the new table
 *          ▲ not accepted: later each time                   does not have goes when it is complete
 *          └── gap, or nothing heard for the hold-down time (then its routes go)
 */
import type { Address } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import {
  CONTROL_RETRY_MS,
  CONTROL_RETRY_MS_MAX,
  DROPS_AT_ONCE,
  HOPS_MAX,
  SEGMENTS_MAX,
  UPDATE_INTERVAL_MS,
} from './limits.ts'
import type { RoutePeer } from './route-entry.ts'
import type { Routes } from './routes.ts'
import type { RouteControl } from './wire/route-control.ts'
import type { Route, RouteUpdate } from './wire/route-update.ts'
import { NO_TABLE } from './wire/table-id.ts'

export interface ReceivingOptions {
  /** Most routes that are kept of the peer. */
  readonly routesMax: number
  /** The peer's routes count below these prefixes only. Undefined: everywhere. */
  readonly prefixes: readonly string[] | undefined
  /** How long the peer may be silent before its first update. */
  readonly holdDownMs: number
}

/** What became of an update. */
export interface Received {
  readonly outcome: 'applied' | 'old' | 'gap'
  /** Routes that were not taken: loops, foreign networks, limits. */
  readonly refused: number
  /** Prefixes that another owner's node serves from now on: of interest to whoever fears for his own (SEC-12). */
  readonly takenOver: readonly Address[]
}

export class RouteReceiver<Peer extends RoutePeer> {
  readonly #peer: Peer
  readonly #routes: Routes<Peer>
  readonly #options: ReceivingOptions
  #table: string = NO_TABLE
  #epoch = 0
  /** Counts the peer's tables. */
  #generation = 0
  /** The prefixes that are kept of the peer, each with the table that it is from. */
  readonly #generations = new Map<string, number>()
  /** Whether routes of an earlier table are there still that may be said again. */
  #hasStale = false
  /** Routes that may be of an earlier table than `#keptFrom`, and go. */
  #going: Iterator<[string, number], undefined> | undefined
  #keptFrom = 0
  #isUp = false
  /** When to ask; undefined while an answer is awaited, and while all is well. */
  #askAt: Instant | undefined
  #lastAskedAt: Instant = 0
  /** The control that is not answered yet. */
  #asking: RouteControl | undefined
  #retryMs = CONTROL_RETRY_MS
  /** When the peer's routes go unless it is heard of. */
  #expiresAt: Instant | undefined

  constructor(peer: Peer, routes: Routes<Peer>, options: ReceivingOptions) {
    this.#peer = peer
    this.#routes = routes
    this.#options = options
  }

  /** Routes of the peer that are kept. */
  get count(): number {
    return this.#generations.size
  }

  up(now: Instant): void {
    this.#isUp = true
    this.#asking = undefined
    this.#retryMs = CONTROL_RETRY_MS
    this.#askAt = now
  }

  /** CCP-56: its routes go. */
  down(): void {
    this.#isUp = false
    this.#askAt = undefined
    this.#forget()
  }

  /** Takes all routes anew: what was refused, or taken, under another address of ours may be otherwise now. */
  begin(): void {
    this.#forget()
    if (this.#isUp) this.up(this.#lastAskedAt)
  }

  nextTimeout(): Instant | undefined {
    if (this.#going !== undefined) return 0
    if (this.#askAt === undefined || this.#expiresAt === undefined) return this.#askAt ?? this.#expiresAt
    return Math.min(this.#askAt, this.#expiresAt)
  }

  /** The route control that is due, if any (CCP-19). */
  takeControl(now: Instant): RouteControl | undefined {
    if (this.#askAt === undefined || this.#askAt > now || this.#going !== undefined) return undefined
    this.#askAt = undefined
    this.#lastAskedAt = now
    const known = { lastKnownTable: this.#table, lastKnownEpoch: this.#epoch }
    this.#asking = { kind: 'control', mode: 'sync', ...known, features: [] }
    return this.#asking
  }

  /** The peer's answer to a control of ours (CCP-20). */
  answered(control: RouteControl, isAccepted: boolean, now: Instant): void {
    if (control !== this.#asking) return
    this.#asking = undefined
    if (isAccepted) {
      this.#retryMs = CONTROL_RETRY_MS
      this.#expiresAt ??= now + this.#options.holdDownMs
    } else if (this.#isUp) {
      this.#askAt ??= now + this.#retryMs
      this.#retryMs = Math.min(2 * this.#retryMs, CONTROL_RETRY_MS_MAX)
    }
  }

  /** CCP-33: how many routes have gone because the peer was silent; undefined while it is not. */
  expire(now: Instant): number | undefined {
    if (this.#expiresAt === undefined || this.#expiresAt > now) return undefined
    const { count } = this
    this.#forget()
    if (this.#isUp) this.#ask(now)
    return count
  }

  /** Drops some of the routes that are to go, which may be many; false where there were none. */
  drop(): boolean {
    const going = this.#going
    for (let left = DROPS_AT_ONCE; this.#going !== undefined && left > 0; left--) {
      const [prefix, generation] = this.#going.next().value ?? []
      if (prefix === undefined) this.#going = undefined
      else if (generation! < this.#keptFrom) this.#withdraw(prefix)
    }
    return going !== undefined
  }

  handleUpdate(update: RouteUpdate, own: Address, now: Instant): Received {
    this.#expiresAt = now + update.holdDownMs
    if (update.table !== this.#table) this.#turnTo(update.table)
    if (update.fromEpoch > this.#epoch) {
      this.#ask(now) // CCP-27, CCP-28
      return { outcome: 'gap', refused: 0, takenOver: [] }
    }
    if (update.toEpoch < this.#epoch) return { outcome: 'old', refused: 0, takenOver: [] } // CCP-29
    for (const prefix of update.withdrawn) this.#withdraw(prefix) // CCP-31
    const applied = this.#applyRoutes(update.newRoutes, own)
    this.#epoch = update.toEpoch // CCP-32
    // X-CCP6: the new table is complete, and what it has not said again is gone (CCP-26).
    if (this.#hasStale && update.toEpoch >= update.currentEpoch) this.#dropStale()
    return { outcome: 'applied', ...applied }
  }

  #applyRoutes(routes: readonly Route[], own: Address): Omit<Received, 'outcome'> {
    let refused = 0
    const takenOver: Address[] = []
    for (const route of routes) {
      const { prefix } = route
      if (!this.#isUsable(route, own)) {
        // It replaces what the peer said of the prefix before, and that is nothing we can use.
        this.#withdraw(prefix)
        refused++
        continue
      }
      const owner = this.#ownerOf(prefix)
      if (!this.#offer(route)) refused++
      else if (owner !== undefined && owner !== this.#ownerOf(prefix)) takenOver.push(prefix)
    }
    return { refused, takenOver }
  }

  /** Whether it was taken: what is above the limit is not (CCP-60, SEC-13). */
  #offer(route: Route): boolean {
    const { prefix } = route
    if (this.count >= this.#options.routesMax && !this.#generations.has(prefix)) return false
    this.#routes.offer(this.#peer, route)
    this.#generations.set(prefix, this.#generation)
    return true
  }

  #withdraw(prefix: string): void {
    if (this.#generations.delete(prefix)) this.#routes.withdraw(this.#peer, prefix)
  }

  /** Who the best route says has the prefix. */
  #ownerOf(prefix: string): Address | undefined {
    return this.#routes.table.get(prefix)?.best?.route.path.at(-1)
  }

  #isUsable({ prefix, path, properties }: Route, own: Address): boolean {
    const scheme = own.slice(0, own.indexOf('.'))
    // CCP-46, ADDR-17, SEC-10: of this network, and not the whole of it.
    if (!prefix.startsWith(`${scheme}.`)) return false
    // CCP-44: a loop. CCP-45: nobody else serves our address.
    if (path.includes(own) || covers(own, prefix)) return false
    if (path.length > HOPS_MAX || prefix.split('.').length > SEGMENTS_MAX) return false
    // CCP-10: who does not know such a property may not use the route.
    if (properties.some(({ isOptional }) => !isOptional)) return false
    const { prefixes } = this.#options
    return prefixes === undefined || prefixes.some((allowed) => covers(allowed, prefix))
  }

  /** CCP-25 */
  #turnTo(table: string): void {
    this.#table = table
    this.#epoch = 0
    this.#generation++
    this.#hasStale = this.count > 0
  }

  #dropStale(): void {
    this.#hasStale = false
    this.#keptFrom = this.#generation
    this.#going = this.#generations.entries()
    this.drop()
  }

  /** CCP-18: as if nothing had ever been heard of the peer. */
  #forget(): void {
    this.#table = NO_TABLE
    this.#epoch = 0
    this.#generation++
    this.#expiresAt = undefined
    this.#dropStale()
  }

  /** One question at a time, and not faster than updates come. */
  #ask(now: Instant): void {
    if (this.#asking === undefined) this.#askAt ??= Math.max(now, this.#lastAskedAt + UPDATE_INTERVAL_MS)
  }
}

/** Whether `prefix` is `covering` or below it. */
function covers(covering: string, prefix: string): boolean {
  return prefix === covering || prefix.startsWith(`${covering}.`)
}
