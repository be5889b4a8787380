/**
 * How large a packet may be: learnt from F08, and never above what was refused. Layer 4, congestion.
 * Spec: IL-RFC 27 "F08 Amount Too Large"; STR-95 … STR-98.
 *
 * A refusal with usable data tells the limit at once. One without is narrowed down: first by large steps to an
 * amount that passes, then up again, until what passed is more than half of what was refused.
 */
import { AMOUNT_MAX, decodeAmountTooLarge } from '@hourglass/ilp'

/** How much smaller the next try is where nobody said why, and how much larger once one has passed. */
const STEP_DOWN = 16n
const STEP_UP = 4n

export class PacketSize {
  /** The largest amount that nobody has refused yet. */
  #limit = AMOUNT_MAX
  /** Whether `#limit` itself passes, as far as anybody knows. */
  #isKnown = true
  /** The largest amount that has passed. */
  #passed = 0n

  /** The largest packet to pay with, in base units of the sender's account; 0: nothing passes. */
  get max(): bigint {
    if (this.#isKnown) return this.#limit
    return this.#passed > 0n ? this.#passed : (this.#limit + 1n) / 2n
  }

  /** The next amount to ask the path with, up to `wanted`; undefined where `max` is good enough. */
  probe(wanted: bigint): bigint | undefined {
    if (this.#isKnown) {
      const most = wanted < this.#limit ? wanted : this.#limit
      return most > this.#passed ? most : undefined
    }
    if (this.#passed === 0n) return (this.#limit + STEP_DOWN - 1n) / STEP_DOWN
    if (this.#limit < 2n * this.#passed) return undefined
    const up = STEP_UP * this.#passed
    return up <= this.#limit ? up : 2n * this.#passed
  }

  /** A packet of `amount` got to the receiver. */
  passed(amount: bigint): void {
    if (amount > this.#passed && amount <= this.#limit) this.#passed = amount
  }

  /** A packet of `amount` was refused; `data` is the Reject's. */
  refused(amount: bigint, data: Uint8Array): void {
    if (amount > this.#limit) return // It was on its way when a smaller one was refused.
    const hint = decodeAmountTooLarge(data)
    this.#isKnown = hint !== undefined && hint.receivedAmount > hint.maximumAmount
    // Amounts in the hint are in the units of the link that refused: only their ratio counts (CONN-24).
    this.#limit = this.#isKnown ? (amount * hint!.maximumAmount) / hint!.receivedAmount : amount - 1n
    if (this.#passed > this.#limit) this.#passed = 0n // The path has changed.
  }
}
