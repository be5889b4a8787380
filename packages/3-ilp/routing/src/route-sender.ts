/**
 * Tells one peer of our routes. Layer 3. As ilp-connector does, but for what conformance rows CCP-38 and CCP-40 say.
 *
 *   idle ──control: sync──▶ synchronising ──at the newest epoch──▶ heartbeats    one update under way (CCP-39)
 *     ▲────control: idle─────────┴───────────────────────────────────┘
 *
 *   due: UPDATE_INTERVAL_MS after the last update while there is more to tell, by chance later where there always is
 *        and each has told it all; the broadcast interval after it where there is nothing new;
 *        after a failure UPDATE_RETRY_MS, then twice as long
 */
import type { Address } from '@hourglass/ilp'
import { octetsBytes } from '@hourglass/oer'
import type { Instant, Rng } from '@hourglass/sansio'
import type { Announcement, Announcements } from './announcements.ts'
import { CHANGES_PER_UPDATE, UPDATES_IN_STEP, UPDATE_INTERVAL_MS, UPDATE_RETRY_MS } from './limits.ts'
import type { RoutePeer } from './route-entry.ts'
import { UPDATE_BYTES_MAX } from './wire/message.ts'
import type { RouteControl } from './wire/route-control.ts'
import { type Route, type RouteUpdate, routeBytes, routeUpdateBytes } from './wire/route-update.ts'
import { drawTableId } from './wire/table-id.ts'

export interface SendingOptions {
  readonly broadcastIntervalMs: number
  /** How long the peer is to keep the routes. */
  readonly holdDownMs: number
  readonly rng: Rng
}

export class RouteSender<Peer extends RoutePeer> {
  readonly #peer: Peer
  readonly #announcements: Announcements<Peer>
  readonly #options: SendingOptions
  #isUp = false
  #isSynchronising = false
  /** Of this peer alone, so that it can begin anew while the others do not. */
  #table: string
  /** The peer knows of all before it, or will as soon as it has answered. */
  #epoch = 0
  /** What was newest when the peer began: earlier withdrawals say nothing to it. */
  #begunAt = 0
  /** Whether this table's routes went out since the link is up: the peer may know more than its question says. */
  #hasTold = false
  #underWay: RouteUpdate | undefined
  #lastUpdateAt: Instant = 0
  /** When the next one may go. */
  #readyAt: Instant = 0
  /** Updates without a rest between them. */
  #inRow = 0
  #failures = 0

  constructor(peer: Peer, announcements: Announcements<Peer>, options: SendingOptions) {
    this.#peer = peer
    this.#announcements = announcements
    this.#options = options
    this.#table = drawTableId(options.rng)
  }

  /** CCP-19, CCP-21 … CCP-23 */
  handleControl({ mode, lastKnownTable, lastKnownEpoch }: RouteControl): void {
    this.#isSynchronising = mode === 'sync'
    this.#failures = 0
    this.#underWay = undefined
    if (lastKnownTable !== this.#table || lastKnownEpoch === 0) this.#begin()
    else if (lastKnownEpoch > this.#announcements.epoch) this.#beginAnew() // CCP-22
    else this.#epoch = lastKnownEpoch
  }

  /** A peer that has forgotten what it knew asks again; one that has not hears what is new. */
  link(isUp: boolean): void {
    this.#isUp = isUp
    this.#hasTold = false
  }

  nextTimeout(): Instant | undefined {
    if (!this.#isUp || !this.#isSynchronising || this.#underWay !== undefined) return undefined
    return this.#due()
  }

  /** The update that is due, if any; it counts as told until it is answered otherwise. */
  takeUpdate(now: Instant): RouteUpdate | undefined {
    const due = this.nextTimeout()
    if (due === undefined || due > now) return undefined
    this.#announcements.refresh(now)
    if (this.#mustBeginAnew()) this.#beginAnew()
    // The log had nothing new after all, or has nothing new yet.
    if (this.#due() > now) return undefined
    const update = this.#compose()
    this.#underWay = update
    this.#epoch = update.toEpoch
    this.#inRow = now < this.#readyAt + UPDATE_INTERVAL_MS ? this.#inRow + 1 : 0
    this.#lastUpdateAt = now
    this.#readyAt = now + UPDATE_INTERVAL_MS
    this.#hasTold ||= update.newRoutes.length > 0
    return update
  }

  /** CCP-38, CCP-40, SEC-15: what was not accepted is sent again. */
  answered(update: RouteUpdate, isAccepted: boolean, now: Instant): void {
    if (update !== this.#underWay) return
    this.#underWay = undefined
    this.#failures = isAccepted ? 0 : this.#failures + 1
    if (!isAccepted) this.#epoch = update.fromEpoch
    this.#readyAt = Math.max(now, this.#readyAt)
    const mayBeInStep = this.#inRow > UPDATES_IN_STEP && update.toEpoch === update.currentEpoch
    if (mayBeInStep) this.#readyAt += this.#drawDelayMs()
  }

  #due(): Instant {
    const { broadcastIntervalMs } = this.#options
    const heartbeatAt = this.#lastUpdateAt + broadcastIntervalMs
    if (this.#failures > 0) {
      return Math.min(this.#lastUpdateAt + UPDATE_RETRY_MS * 2 ** (this.#failures - 1), heartbeatAt)
    }
    const hasNews = this.#epoch < this.#announcements.epoch
    const newsAt = hasNews ? this.#readyAt : (this.#announcements.nextRefresh() ?? heartbeatAt)
    return Math.min(Math.max(this.#readyAt, newsAt), heartbeatAt)
  }

  /**
   * Two that change their minds by what the other tells, as peers with a parent in common do, would do so for ever if
   * each spoke before it had heard the other.
   */
  #drawDelayMs(): number {
    const [drawn] = this.#options.rng.bytes(1)
    return Math.floor(((this.#readyAt - this.#lastUpdateAt) * drawn!) / 256)
  }

  #begin(): void {
    this.#epoch = 0
    this.#begunAt = this.#hasTold ? 0 : this.#announcements.epoch
  }

  /** The peer forgets what it has when it hears another table's name (CCP-25). */
  #beginAnew(): void {
    this.#table = drawTableId(this.#options.rng)
    this.#hasTold = false
    this.#begin()
  }

  /** Whether withdrawals of routes are forgotten that the peer may have been told of. */
  #mustBeginAnew(): boolean {
    const { forgotten } = this.#announcements
    return this.#epoch < forgotten && this.#begunAt < forgotten
  }

  #compose(): RouteUpdate {
    const { epoch: currentEpoch } = this.#announcements
    const newRoutes: Route[] = []
    const withdrawn: Address[] = []
    const update = { ...this.#head(currentEpoch), newRoutes, withdrawn }
    // The counts in front may grow by an octet each.
    let bytes = routeUpdateBytes(update) + 2
    let changes = 0
    for (const announcement of this.#announcements.since(this.#epoch)) {
      const told = this.#toldOf(announcement)
      bytes += told === undefined ? 0 : typeof told === 'string' ? octetsBytes(told.length) : routeBytes(told)
      // CCP-36, CCP-37
      if (changes === CHANGES_PER_UPDATE || bytes > UPDATE_BYTES_MAX) {
        return { ...update, toEpoch: announcement.epoch }
      }
      if (told === undefined) continue
      changes++
      if (typeof told === 'string') withdrawn.push(told)
      else newRoutes.push(told)
    }
    return update
  }

  #head(currentEpoch: number): Omit<RouteUpdate, 'newRoutes' | 'withdrawn'> {
    return {
      kind: 'update',
      table: this.#table,
      currentEpoch,
      fromEpoch: this.#epoch,
      toEpoch: currentEpoch,
      holdDownMs: this.#options.holdDownMs,
      speaker: this.#announcements.address,
    }
  }

  /** The route, or the prefix where the peer is to have none from us; undefined where that goes without saying. */
  #toldOf({ epoch, prefix, nextHop, route }: Announcement<Peer>): Route | Address | undefined {
    const isTold = route !== undefined && !this.#isHeldBack(nextHop) && routeBytes(route) <= ROUTE_BYTES_MAX
    if (isTold) return route
    // CCP-41: a withdrawal of what it was perhaps told; one from before it began would tell it nothing.
    return epoch < this.#begunAt ? undefined : prefix
  }

  #isHeldBack(nextHop: Peer | undefined): boolean {
    if (nextHop === undefined) return false
    if (nextHop === this.#peer) return true // CCP-51
    // CCP-52: nobody's parent carries what its children's other peers should.
    return this.#peer.relation === 'parent' && nextHop.relation !== 'child'
  }
}

/** A longer route fits into no update, whoever the speaker is. */
const ROUTE_BYTES_MAX = UPDATE_BYTES_MAX - 1100
