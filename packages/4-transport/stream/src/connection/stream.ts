/** One stream of a connection: money and data, both ways. Layer 4. Spec: IL-RFC 29 §3.3, §4.4. */
import { UINT64_MAX } from '@hourglass/oer'
import { type Ratio, mulFloor } from '../ratio.ts'
import { IncomingData } from './incoming-data.ts'
import { OutgoingData } from './outgoing-data.ts'

/** STR-64: rates move, so a packet may bring this part of the rest on top, rounded up. */
const EXTRA_PARTS = 100n

export class Stream {
  readonly id: bigint
  /** What it takes in all, and what it has: base units of this end (STR-66). */
  receiveMax: bigint
  received = 0n
  /** What it sends in all; fulfilled; on its way; lost by the link, maybe paid. */
  sendMax = 0n
  sent = 0n
  inFlight = 0n
  uncertain = 0n
  /** At least so much of `sent` has arrived, in base units of the other end. */
  delivered = 0n
  /** What the other end has taken, as it says. */
  peerReceived = 0n
  /** Set once this end wants it closed. */
  closing: { readonly code: number; readonly message: string } | undefined
  /** Whether the other end is being told so: nothing more is sent. */
  isClosingTold = false
  /** The best receipt so far says so much. */
  receiptTotal = -1n
  readonly #windowBytes: number
  #peerReceiveMax: bigint | undefined
  #incoming: IncomingData | undefined
  #outgoing: OutgoingData | undefined

  constructor(id: bigint, receiveMax: bigint, windowBytes: number) {
    this.id = id
    this.receiveMax = receiveMax
    this.#windowBytes = windowBytes
  }

  get incoming(): IncomingData {
    return (this.#incoming ??= new IncomingData(this.#windowBytes))
  }

  get outgoing(): OutgoingData {
    return (this.#outgoing ??= new OutgoingData())
  }

  /** Octets that came in and are not done with. */
  get unread(): number {
    return this.#incoming?.unread ?? 0
  }

  /** Whether data waits to be sent. */
  get isPending(): boolean {
    return this.#outgoing?.isPending === true
  }

  /** Whether all data has arrived, and no money is on its way. */
  get isSettled(): boolean {
    return this.inFlight === 0n && this.#outgoing?.isDrained !== false
  }

  /** What is still to be sent and not on its way. */
  get unsent(): bigint {
    const unsent = this.sendMax - this.sent - this.inFlight - this.uncertain
    return unsent > 0n ? unsent : 0n
  }

  /** STR-63: what more may come in. */
  get room(): bigint {
    return roomOf(this.receiveMax, this.received)
  }

  /** What the other end takes in all. STR-68: any amount, before it says so; STR-65: a smaller one means nothing. */
  allow(receiveMax: bigint): void {
    const max = this.#peerReceiveMax
    if (max === undefined || receiveMax > max) this.#peerReceiveMax = receiveMax
  }

  /** What of `unsent` the other end takes at this rate. */
  sendable(rate: Ratio): bigint {
    const { unsent } = this
    const max = this.#peerReceiveMax ?? UINT64_MAX
    if (unsent === 0n || max === UINT64_MAX) return unsent
    const arrived = this.peerReceived > this.delivered ? this.peerReceived : this.delivered
    const room = max - arrived - mulFloor(this.inFlight, rate)
    if (room <= 0n) return 0n
    const most = (room * rate.denominator) / rate.numerator
    return most < unsent ? most : unsent
  }
}

/** What is left up to `max`, with a little on top (STR-64); STR-26: a total above 2^64-1 could not be said. */
export function roomOf(max: bigint, received: bigint): bigint {
  const rest = max > received ? max - received : 0n
  const room = rest + (rest + EXTRA_PARTS - 1n) / EXTRA_PARTS
  return room < UINT64_MAX - received ? room : UINT64_MAX - received
}
