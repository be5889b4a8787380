/**
 * The first part of a payment: what rate and what packet size does the path offer? Layer 4.
 * Unfulfillable packets ask, one at a time: F08 and T04 make them smaller until one arrives, and where F08 said no
 * limit, larger ones follow. The largest that arrived tells the rate. STR-33, STR-87, STR-98.
 */
import { ErrorCode, type Reject, errorClass } from '@hourglass/ilp'
import type { AmountInFlight } from './congestion/amount-in-flight.ts'
import type { PacketSize } from './congestion/packet-size.ts'
import { type PaymentOutcome, refusalOf } from './outcome.ts'
import type { Ratio } from './ratio.ts'
import type { StreamPacket } from './wire/packet.ts'

/** What packets of `amount` arrive as. */
export interface Offer {
  readonly amount: bigint
  readonly rate: Ratio
}

export type ProbeResult =
  /** Ask again; `isNearer`: the answer has told something. */
  | { readonly kind: 'again'; readonly isNearer: boolean; readonly isBusy: boolean }
  | { readonly kind: 'offer'; readonly offer: Offer }
  | { readonly kind: 'ended'; readonly outcome: PaymentOutcome }

export class Probing {
  readonly #wanted: bigint
  readonly #size: PacketSize
  readonly #window: AmountInFlight
  #amount: bigint
  #best: Offer | undefined

  /** What is learnt about size and liquidity goes into `size` and `window`, for the payment to use. */
  constructor(wanted: bigint, size: PacketSize, window: AmountInFlight) {
    this.#wanted = wanted
    this.#size = size
    this.#window = window
    this.#amount = wanted
  }

  /** How much the next probe carries. */
  get amount(): bigint {
    return this.#amount
  }

  /** What the answer to a probe says; `packet` is the receiver's part of it, where that is authentic. */
  answered(amount: bigint, { code, data }: Reject, packet: StreamPacket | undefined): ProbeResult {
    if (packet !== undefined) return this.#arrived(amount, packet)
    switch (code) {
      case ErrorCode.F08_AMOUNT_TOO_LARGE:
        this.#size.refused(amount, data)
        return this.#next()
      case ErrorCode.T04_INSUFFICIENT_LIQUIDITY:
        return this.#short()
      default:
        if (errorClass(code) === 'final') return { kind: 'ended', outcome: refusalOf(code) }
        return { kind: 'again', isNearer: false, isBusy: true }
    }
  }

  #arrived(amount: bigint, { frames, prepareAmount }: StreamPacket): ProbeResult {
    if (frames.some(({ type }) => type === 0x01)) return { kind: 'ended', outcome: 'receiver-refuses' }
    this.#size.passed(amount)
    if (prepareAmount > 0n && amount > (this.#best?.amount ?? 0n)) {
      this.#best = { amount, rate: { numerator: prepareAmount, denominator: amount } }
    }
    return this.#next()
  }

  #short(): ProbeResult {
    const before = this.#window.packetMax
    this.#window.short()
    const after = this.#window.packetMax
    if (after < this.#amount) this.#amount = after
    return { kind: 'again', isNearer: after < before, isBusy: true }
  }

  /** The next question, or what all answers together say. */
  #next(): ProbeResult {
    if (this.#size.max === 0n) return { kind: 'ended', outcome: 'path-refuses' } // STR-97
    const amount = this.#size.probe(this.#wanted)
    if (amount !== undefined && amount <= this.#window.packetMax) {
      this.#amount = amount
      return { kind: 'again', isNearer: true, isBusy: false }
    }
    return this.#best === undefined
      ? { kind: 'ended', outcome: 'amount-too-small' }
      : { kind: 'offer', offer: this.#best }
  }
}
