/**
 * Any link over a bad way: what it says to its peer is lost, late, doubled, overtaken or changed. Layer 2, face.
 * It disturbs one direction; a pair of them disturbs both. Links stack: a recording one around a faulty one, say.
 */
import { type Instant, Queue, type Rng, TIMEOUT } from '@hourglass/sansio'
import type { Link, LinkInput, LinkOutput } from './link.ts'
import { earliest } from './pause.ts'
import { type Arrival, type WayFaults, drawArrivals } from './way-faults.ts'

export interface FaultyLinkOptions<WireOut> {
  readonly faults: WayFaults
  readonly rng: Rng
  /** Whether that goes to the peer: what is between a link and its own sockets is left alone. */
  readonly isForPeer: (wire: WireOut) => boolean
  /** A corrupt one of it: `flipBit` of its octets, say. Without it nothing is corrupt. */
  readonly corrupt?: (wire: WireOut, rng: Rng) => WireOut
}

interface Underway<WireOut> {
  readonly wire: WireOut
  readonly arrival: Instant
}

export class FaultyLink<WireIn extends { readonly kind: string }, WireOut> implements Link<WireIn, WireOut> {
  readonly #link: Link<WireIn, WireOut>
  readonly #options: FaultyLinkOptions<WireOut>
  readonly #outputs = new Queue<LinkOutput<WireOut>>()
  /** By arrival; of those at the same instant, the first to leave comes first. */
  #underway: Underway<WireOut>[] = []
  /** When the newest arrives of those that nothing overtakes. */
  #lastArrival: Instant = 0

  constructor(link: Link<WireIn, WireOut>, options: FaultyLinkOptions<WireOut>) {
    this.#link = link
    this.#options = options
  }

  handle(input: LinkInput<WireIn>, now: Instant): void {
    // A new way, or none: what was on the old one is gone.
    if (input.kind === 'wire' && (input.wire.kind === 'opened' || input.wire.kind === 'closed')) {
      this.#underway = []
      this.#lastArrival = 0
    }
    this.#arrive(now)
    this.#link.handle(input.kind === 'timeout' ? TIMEOUT : input, now)
    for (let output = this.#link.poll(); output !== undefined; output = this.#link.poll()) {
      if (output.kind === 'wire' && this.#options.isForPeer(output.wire)) this.#send(output.wire, now)
      else this.#outputs.push(output)
    }
    this.#arrive(now)
  }

  poll(): LinkOutput<WireOut> | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return earliest([this.#underway[0]?.arrival, this.#link.nextTimeout()])
  }

  #send(wire: WireOut, now: Instant): void {
    const { faults, rng, corrupt } = this.#options
    for (const arrival of drawArrivals(faults, rng)) {
      const isChanged = arrival.isCorrupt && corrupt !== undefined
      this.#put({ wire: isChanged ? corrupt(wire, rng) : wire, arrival: this.#instantOf(arrival, now) })
    }
  }

  #instantOf({ afterMs, isDetour }: Arrival, now: Instant): Instant {
    if (isDetour) return now + afterMs
    this.#lastArrival = Math.max(this.#lastArrival, now + afterMs)
    return this.#lastArrival
  }

  #put(message: Underway<WireOut>): void {
    const place = this.#underway.findLastIndex(({ arrival }) => arrival <= message.arrival)
    this.#underway.splice(place + 1, 0, message)
  }

  #arrive(now: Instant): void {
    while ((this.#underway[0]?.arrival ?? Infinity) <= now) {
      this.#outputs.push({ kind: 'wire', wire: this.#underway.shift()!.wire })
    }
  }
}
