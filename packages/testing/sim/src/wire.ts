/**
 * The way between two ends: an ordered stream, as BTP over TCP is one, or messages that each go their own way, as
 * requests over HTTP do. Testing.
 *
 *   closed ──both run, nothing in between──▶ open ──cut, a process ends, a long partition──▶ closed, tried again
 *
 * Within one stream nothing is lost alone and nothing overtakes; single messages are lost, overtake one another, and
 * replies come twice. When a connection ends, each end hears of it in its own time, what was under way may arrive or
 * not, and one end may have a new connection before the other knows that the old one is gone.
 */
import { Backoff, type BtpWireOut, ServerHandshake } from '@hourglass/link-btp'
import { type MemoryWire, type WayFaults, drawArrivals } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'
import type { Chance } from './chance.ts'
import type { World } from './world.ts'

/** BTP's client is side 0. */
export type Side = 0 | 1
export type WireKind = 'btp' | 'memory' | 'datagram'

/** What stands at one side of a wire. */
export interface WireEnd {
  readonly isRunning: boolean
  receive(wire: unknown): void
}

export interface WireClimate {
  readonly latencyMs: number
  readonly jitterMs: number
}

interface Direction {
  /** The connection that the end which is written to believes in; 0: none. */
  session: number
  /** When the newest message arrives: none overtakes it. */
  arrival: Instant
  /** What was under way when this connection ended still arrives. */
  drained: number
}

export class Wire {
  readonly #world: World
  readonly #chance: Chance
  readonly #climate: WireClimate
  readonly #kind: WireKind
  readonly #ends: readonly [WireEnd, WireEnd]
  readonly #into: readonly [Direction, Direction] = [newDirection(), newDirection()]
  /** The connection that stands; 0: none. */
  #live = 0
  #connections = 0
  #isConnecting = false
  #handshake: ServerHandshake | undefined
  readonly #backoff = new Backoff()
  #blockedUntil: Instant = 0
  #congestedUntil: Instant = 0

  constructor(
    world: World,
    chance: Chance,
    { kind, climate, ends }: { kind: WireKind; climate: WireClimate; ends: readonly [WireEnd, WireEnd] },
  ) {
    this.#world = world
    this.#chance = chance
    this.#kind = kind
    this.#climate = climate
    this.#ends = ends
  }

  /** A process at one side has started: connects where both sides run. */
  wake(): void {
    if (this.#live !== 0 || this.#isConnecting) return
    this.#isConnecting = true
    const delayMs = this.#backoff.closed(this.#world.now)
    this.#world.after(delayMs + this.#latency(), () => {
      this.#isConnecting = false
      if (this.#live !== 0) return
      const isPossible = this.#ends.every(({ isRunning }) => isRunning) && !this.#isBlocked
      if (isPossible) this.#connect()
      else this.#world.at(this.#blockedUntil, () => this.wake())
    })
  }

  /** Carries out what the link of that side says. */
  perform(side: Side, output: unknown): void {
    if (this.#kind === 'datagram') return this.#sendAlone(side, output as MemoryWire)
    if (this.#kind === 'memory') return this.#send(side, output)
    const wire = output as BtpWireOut
    if (wire.kind === 'frame') this.#send(side, wire)
    else if (wire.kind === 'accepted') this.#backoff.accepted(this.#world.now)
    else this.cut()
  }

  /** The process at that side is gone, and with it whatever it knew of connections. */
  ended(side: Side): void {
    this.#into[side].session = 0
    this.cut()
  }

  /** The connection breaks. */
  cut(): void {
    const connection = this.#live
    if (connection === 0) return
    this.#live = 0
    this.#handshake = undefined
    for (const side of SIDES) {
      if (this.#chance.happens(0.5)) this.#into[side].drained = connection
      const noticeMs = this.#chance.happens(0.2) ? NOTICE_MS_MAX : this.#latency()
      this.#world.after(noticeMs, () => this.#notice(side, connection))
    }
    this.wake()
  }

  /** Nothing passes for that long; a connection that has to wait too long breaks. */
  partition(ms: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, this.#world.now + ms)
    if (ms > PARTITION_MS_MAX) this.#world.after(PARTITION_MS_MAX, () => this.cut())
  }

  /** All takes longer for a while; whoever writes is told to hold back. */
  congest(ms: number): void {
    this.#congestedUntil = Math.max(this.#congestedUntil, this.#world.now + ms)
    if (this.#kind !== 'btp') return
    const connection = this.#live
    for (const side of SIDES) this.#deliver(side, connection, { kind: 'congested' })
    this.#world.after(ms, () => {
      for (const side of SIDES) this.#deliver(side, connection, { kind: 'drained' })
    })
  }

  get #isBlocked(): boolean {
    return this.#blockedUntil > this.#world.now
  }

  #latency(): number {
    const { latencyMs, jitterMs } = this.#climate
    const factor = this.#congestedUntil > this.#world.now ? CONGESTION_FACTOR : 1
    return factor * (latencyMs + this.#chance.integer(0, jitterMs))
  }

  #connect(): void {
    const connection = ++this.#connections
    this.#live = connection
    this.#open(0, connection)
    if (this.#kind !== 'btp') this.#open(1, connection)
    else this.#handshake = new ServerHandshake(this.#world.now)
  }

  #open(side: Side, connection: number): void {
    this.#into[side].session = connection
    this.#ends[side].receive({ kind: 'opened' })
  }

  #notice(side: Side, connection: number): void {
    const direction = this.#into[side]
    if (direction.session !== connection) return
    direction.session = 0
    this.#ends[side].receive({ kind: 'closed' })
  }

  #send(from: Side, message: unknown): void {
    const connection = this.#handshake === undefined || from === 0 ? this.#into[from].session : this.#live
    if (connection === 0 || connection !== this.#live) return
    const to = other(from)
    const direction = this.#into[to]
    const departure = Math.max(this.#world.now, this.#blockedUntil)
    direction.arrival = Math.max(direction.arrival, departure + this.#latency())
    this.#world.at(direction.arrival, () => {
      const handshake = to === 1 && connection === this.#live ? this.#handshake : undefined
      if (handshake === undefined) this.#deliver(to, connection, message)
      else this.#shakeHands(handshake, message as { kind: 'frame'; bytes: Uint8Array })
    })
  }

  #sendAlone(from: Side, message: MemoryWire): void {
    const connection = this.#into[from].session
    if (connection === 0 || connection !== this.#live) return
    const departure = Math.max(this.#world.now, this.#blockedUntil)
    const faults = message.kind === 'reply' ? REPLY_FAULTS : MESSAGE_FAULTS
    for (const { isDetour } of drawArrivals(faults, this.#chance)) {
      const latency = this.#latency() * (isDetour ? DETOUR_FACTOR : 1)
      this.#world.at(departure + latency, () => this.#deliver(other(from), connection, message))
    }
  }

  #deliver(to: Side, connection: number, message: unknown): void {
    const { session, drained } = this.#into[to]
    if (session === connection && (this.#live === connection || drained === connection)) {
      this.#ends[to].receive(message)
    }
  }

  /** What listens for sockets finds out whose a new one is, before its link hears of it. */
  #shakeHands(handshake: ServerHandshake, frame: { kind: 'frame'; bytes: Uint8Array }): void {
    handshake.handle(frame, this.#world.now)
    for (let output = handshake.poll(); output !== undefined; output = handshake.poll()) {
      switch (output.kind) {
        case 'authenticate':
          handshake.handle({ kind: 'decided', account: output.username }, this.#world.now)
          break
        case 'frame':
          this.#send(1, output)
          break
        case 'accepted':
          this.#handshake = undefined
          this.#open(1, this.#live)
          for (const bytes of output.early) this.#ends[1].receive({ kind: 'frame', bytes })
          break
        case 'refused':
          this.cut()
          break
      }
    }
  }
}

const SIDES: readonly Side[] = [0, 1]
/** How long an end may believe in a connection that is gone. */
const NOTICE_MS_MAX = 3000
/** A connection bears a partition of that length. */
const PARTITION_MS_MAX = 8000
const CONGESTION_FACTOR = 20
/** Of messages that go their own way. */
const MESSAGE_FAULTS: WayFaults = { loss: 0.02, detour: 0.05 }
const REPLY_FAULTS: WayFaults = { ...MESSAGE_FAULTS, doubling: 0.05 }
const DETOUR_FACTOR = 10

function other(side: Side): Side {
  return side === 0 ? 1 : 0
}

function newDirection(): Direction {
  return { session: 0, arrival: 0, drained: 0 }
}
