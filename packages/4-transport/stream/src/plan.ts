/**
 * How much the next packet carries, and whether the payment is complete. Layer 4.
 * A payment fixes what is sent or what is delivered; the plan counts what is done, and what is on its way.
 */
import { type Ratio, divCeil, mulFloor, reduceBy } from './ratio.ts'

/** Base units: `send` of the sender's asset, `deliver` of the receiver's. */
export type PaymentAmount = { readonly send: bigint } | { readonly deliver: bigint }

export class Plan {
  readonly #amount: PaymentAmount
  /** Destination units per source unit, as the path offered. */
  readonly rate: Ratio
  /** The worst that a packet is sent for. */
  readonly minimumRate: Ratio
  /** Fulfilled. */
  sent = 0n
  /** At least so much has arrived. */
  delivered = 0n
  #sourceInFlight = 0n
  /** What the packets on their way deliver at the offered rate. */
  #expected = 0n
  /** Source units on top of a last small packet, where rounding on the path took too much of it. */
  #rounding = 0n

  /** `slippage`: the part of the offered rate that may be lost. */
  constructor(amount: PaymentAmount, rate: Ratio, slippage: Ratio) {
    this.#amount = amount
    this.rate = rate
    this.minimumRate = reduceBy(rate, slippage)
  }

  /** The most that is sent, whatever happens (STR-108). */
  get sendMax(): bigint {
    return 'send' in this.#amount ? this.#amount.send : divCeil(this.#amount.deliver, this.minimumRate)
  }

  get isComplete(): boolean {
    return 'send' in this.#amount ? this.sent === this.#amount.send : this.delivered >= this.#amount.deliver
  }

  get inFlight(): bigint {
    return this.#sourceInFlight
  }

  /**
   * The least that the receiver may take a packet of `amount` for: rounded down, as every hop does (STR-91). What
   * completes a fixed delivery is enough, however much of a small packet rounding takes (STR-92).
   */
  destinationMin(amount: bigint): bigint {
    const min = mulFloor(amount, this.minimumRate)
    if ('send' in this.#amount) return min
    const undelivered = this.#amount.deliver - this.delivered - this.#expected
    return undelivered < min ? undelivered : min
  }

  /**
   * The next packet's amount, at most `packetMax`; 0 where nothing is left to send. The rest is divided evenly, so
   * that no last packet is so small that rounding eats it.
   */
  nextAmount(packetMax: bigint): bigint {
    const rest = this.#rest()
    if (rest <= 0n || packetMax <= 0n) return 0n
    const packets = (rest + packetMax - 1n) / packetMax
    return (rest + packets - 1n) / packets
  }

  #rest(): bigint {
    const spendable = this.sendMax - this.sent - this.#sourceInFlight
    if ('send' in this.#amount) return spendable
    const undelivered = this.#amount.deliver - this.delivered - this.#expected
    if (undelivered <= 0n) return 0n
    const needed = divCeil(undelivered, this.rate) + this.#rounding // STR-110
    return needed < spendable ? needed : spendable
  }

  started(amount: bigint): void {
    this.#sourceInFlight += amount
    this.#expected += mulFloor(amount, this.rate)
  }

  fulfilled(amount: bigint, delivered: bigint): void {
    this.failed(amount)
    this.sent += amount
    this.delivered += delivered
  }

  failed(amount: bigint): void {
    this.#sourceInFlight -= amount
    this.#expected -= mulFloor(amount, this.rate)
  }

  /** A packet delivered less than its minimum: the last small one of a fixed delivery then carries a little more. */
  roundedAway(): void {
    this.#rounding = this.#rounding * 2n + 1n
  }
}
