/** Drives two links against each other without a clock or a wire of their own. Layer 2, testing. */
import { type Instant, TIMEOUT } from '@hourglass/sansio'
import type { Link, LinkInput, LinkOutput } from '../index.ts'

/** Two links and the way between them, as an implementation hands them to the suite. */
export interface LinkPair<WireIn, WireOut> {
  readonly a: Link<WireIn, WireOut>
  readonly b: Link<WireIn, WireOut>
  /** Tells either link that the way to the other is open. */
  readonly opened: WireIn
  /** Tells either link that the way is no longer open. */
  readonly closed: WireIn
  /** What `wire` is when it arrives at the other link; undefined where it was for whoever drives them. */
  carry(wire: WireOut): WireIn | undefined
  /** How many requests `a` may have under way. */
  readonly requestsMax: number
}

export type Side = 'a' | 'b'

export function other(side: Side): Side {
  return side === 'a' ? 'b' : 'a'
}

export class PairDriver<WireIn, WireOut> {
  now: Instant = START
  readonly #pair: LinkPair<WireIn, WireOut>
  readonly #outputs: Record<Side, LinkOutput<WireOut>[]> = { a: [], b: [] }
  /** On the way to each side. */
  readonly #transit: Record<Side, WireIn[]> = { a: [], b: [] }

  constructor(pair: LinkPair<WireIn, WireOut>) {
    this.#pair = pair
  }

  /** Opens a new way and lets the links greet each other; what they put out by that is still to be taken. */
  open(): void {
    this.#clear()
    this.handle('a', { kind: 'wire', wire: this.#pair.opened })
    this.handle('b', { kind: 'wire', wire: this.#pair.opened })
    this.deliver()
  }

  /** Closes the way; what is on it is lost. */
  close(): void {
    this.#clear()
    this.handle('a', { kind: 'wire', wire: this.#pair.closed })
    this.handle('b', { kind: 'wire', wire: this.#pair.closed })
  }

  #clear(): void {
    this.#transit.a = []
    this.#transit.b = []
  }

  /** Hands in one input and collects what comes out. */
  handle(side: Side, input: LinkInput<WireIn>): void {
    const link = this.#pair[side]
    link.handle(input, this.now)
    for (let output = link.poll(); output !== undefined; output = link.poll()) {
      if (output.kind !== 'wire') this.#outputs[side].push(output)
      else this.#send(other(side), this.#pair.carry(output.wire))
    }
  }

  #send(side: Side, wire: WireIn | undefined): void {
    if (wire !== undefined) this.#transit[side].push(wire)
  }

  request(side: Side, id: number, body: Uint8Array, protocol = 'echo'): void {
    this.handle(side, { kind: 'request', id, protocol, body, deadline: this.now + DEADLINE_MS })
  }

  /** Brings the oldest thing on its way to `side` there; false where there is none. */
  deliverOne(side: Side): boolean {
    const wire = this.#transit[side].shift()
    if (wire === undefined) return false
    this.handle(side, { kind: 'wire', wire })
    return true
  }

  /** Brings all that is on its way where it goes, and what follows from it. */
  deliver(): void {
    while (this.deliverOne('a') || this.deliverOne('b')) continue
  }

  /** Moves time to `instant` and hands in timeouts. */
  reach(instant: Instant): void {
    this.now = instant
    this.handle('a', TIMEOUT)
    this.handle('b', TIMEOUT)
  }

  /** What `side` has put out since the last call, wires apart. */
  take(side: Side): LinkOutput<WireOut>[] {
    return this.#outputs[side].splice(0)
  }

  /** Those of one kind alone; the others stay. */
  takeAll<Kind extends LinkOutput<WireOut>['kind']>(
    side: Side,
    kind: Kind,
  ): Extract<LinkOutput<WireOut>, { kind: Kind }>[] {
    const outputs = this.take(side)
    this.#outputs[side] = outputs.filter((output) => output.kind !== kind)
    return outputs.filter((output) => output.kind === kind) as Extract<LinkOutput<WireOut>, { kind: Kind }>[]
  }

  /** The ids under which `side` has been asked since the last `take`; other outputs must not have come. */
  takeRequestIds(side: Side): number[] {
    return this.take(side).map((output) => {
      if (output.kind !== 'request') throw new Error(`expected requests alone, got ${output.kind}`)
      return output.id
    })
  }
}

/** Some instant; links must not care which. */
const START = 1_900_000_000_000

/** How long the requests of `request` wait. */
export const DEADLINE_MS = 30_000
