/**
 * How much the next packet carries, for how little, and whether the payment is complete. Layer 4.
 * A payment fixes what is sent or what is delivered; the plan counts what is done, and what is on its way.
 *
 * The promise (STR-42, STR-108): whichever packets are fulfilled, `delivered` is at least `sent` at the minimum rate,
 * rounded up; with the last packet of a fixed send, rounded down. What one packet's minimum was rounded up by may
 * be missing from a later one: that credit is counted in parts of a base unit, and reserved by packets on their way.
 */
import { type Ratio, divCeil, mulFloor } from './ratio.ts'

/** Base units: `send` of the sender's asset, `deliver` of the receiver's. */
export type PaymentAmount = { readonly send: bigint } | { readonly deliver: bigint }

/** A packet with money, before it is one. */
export interface Part {
  readonly amount: bigint
  /** The least that the receiver may take it for. */
  readonly destinationMin: bigint
}

export const NO_MONEY: Part = { amount: 0n, destinationMin: 0n }

export class Plan {
  #amount: PaymentAmount
  /** Destination units per source unit, as the path offered. */
  readonly rate: Ratio
  /** The worst that is paid for. */
  readonly minimumRate: Ratio
  /** The most that is sent, whatever happens (STR-108). */
  sendMax: bigint
  /** Fulfilled. */
  sent = 0n
  /** At least so much has arrived. */
  delivered = 0n
  #sourceInFlight = 0n
  /** What the packets on their way deliver at the offered rate. */
  #expected = 0n
  /** By how much minima exceed the minimum rate, less what is under way may use up: base units × denominator. */
  #credit = 0n
  /** Source units on top of a last small packet, where rounding on the path took too much of it. */
  #rounding = 0n

  constructor(amount: PaymentAmount, rate: Ratio, minimumRate: Ratio) {
    this.#amount = amount
    this.rate = rate
    this.minimumRate = minimumRate
    this.sendMax = 'send' in amount ? amount.send : divCeil(amount.deliver, this.minimumRate)
  }

  /** Whether none of its packets is on its way. */
  get isIdle(): boolean {
    return this.#sourceInFlight === 0n
  }

  get isComplete(): boolean {
    return 'send' in this.#amount ? this.sent === this.#amount.send : this.delivered >= this.#amount.deliver
  }

  /** What arrives in all, at the minimum rate, once the payment is complete. */
  get deliverMin(): bigint {
    return 'send' in this.#amount ? mulFloor(this.#amount.send, this.minimumRate) : this.#amount.deliver
  }

  /**
   * So much is still to be sent, besides what is sent or on its way. Where more follows a last packet, what that one
   * was rounded down by is forgiven: each total that was asked for may be a base unit short of the minimum rate.
   */
  setRest(rest: bigint): void {
    const started = this.sent + this.#sourceInFlight
    const send = started + rest
    if (send === this.sendMax) return
    if (started === this.sendMax && this.#credit < 0n) this.#credit = 0n
    this.#amount = { send }
    this.sendMax = send
  }

  /** Whether a packet of `amount` is worth anything at the receiver's (STR-94). */
  isWorthwhile(amount: bigint): boolean {
    return mulFloor(amount, this.rate) > 0n
  }

  /**
   * The next packet, of `packetMax` at most; undefined where nothing is left to send. The rest is divided evenly, so
   * that no last packet is so small that rounding eats it.
   */
  next(packetMax: bigint): Part | undefined {
    const rest = this.#rest()
    if (rest <= 0n || packetMax <= 0n) return undefined
    const packets = (rest + packetMax - 1n) / packetMax
    const amount = (rest + packets - 1n) / packets
    return { amount, destinationMin: this.#destinationMin(amount) }
  }

  started(part: Part): void {
    const surplus = this.#surplusOf(part)
    this.#sourceInFlight += part.amount
    this.#expected += mulFloor(part.amount, this.rate)
    if (surplus < 0n) this.#credit += surplus
  }

  /** `delivered`: what the receiver says, at least the part's minimum. */
  fulfilled(part: Part, delivered: bigint): void {
    const surplus = this.#surplusOf(part)
    this.#answered(part)
    this.sent += part.amount
    this.delivered += delivered
    if (surplus > 0n) this.#credit += surplus
  }

  failed(part: Part): void {
    const surplus = this.#surplusOf(part)
    this.#answered(part)
    if (surplus < 0n) this.#credit -= surplus
  }

  /** A packet delivered less than its minimum: the last small one of a fixed delivery then carries a little more. */
  roundedAway(): void {
    this.#rounding = this.#rounding * 8n + 1n
  }

  #answered({ amount }: Part): void {
    this.#sourceInFlight -= amount
    this.#expected -= mulFloor(amount, this.rate)
  }

  #rest(): bigint {
    const spendable = this.sendMax - this.sent - this.#sourceInFlight
    if ('send' in this.#amount) return spendable
    const undelivered = this.#amount.deliver - this.delivered - this.#expected
    if (undelivered <= 0n) return 0n
    const needed = divCeil(undelivered, this.rate) + this.#rounding // STR-110
    return needed < spendable ? needed : spendable
  }

  /** STR-91: rounded up, less what there is credit for; STR-94: 1 at least, so that money is never sent for nothing. */
  #destinationMin(amount: bigint): bigint {
    const { numerator, denominator } = this.minimumRate
    const fixed = this.#amount
    const exact = amount * numerator
    // STR-92: the last packet of a fixed send is rounded down, if no other one was.
    const isLast = 'send' in fixed && this.sent + this.#sourceInFlight + amount === this.sendMax
    const roundUp = isLast && this.#credit >= 0n ? 0n : denominator - 1n
    const min = max((exact - this.#credit + roundUp) / denominator, exact / denominator, 1n)
    // What completes a fixed delivery is enough, however much of a small packet rounding takes.
    const isOnly = 'deliver' in fixed && this.isIdle
    const undelivered = isOnly ? fixed.deliver - this.delivered : min
    return undelivered < min ? undelivered : min
  }

  /** By how much the part's minimum exceeds the minimum rate: base units × denominator. */
  #surplusOf({ amount, destinationMin }: Part): bigint {
    return destinationMin * this.minimumRate.denominator - amount * this.minimumRate.numerator
  }
}

function max(...values: [bigint, ...bigint[]]): bigint {
  return values.reduce((most, value) => (value > most ? value : most))
}
