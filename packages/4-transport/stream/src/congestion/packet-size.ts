/**
 * How large a packet may be: learnt from F08, and never above what was refused. Layer 4, congestion.
 * Spec: IL-RFC 27 "F08 Amount Too Large"; STR-95 … STR-98.
 */
import { AMOUNT_MAX, decodeAmountTooLarge } from '@hourglass/ilp'

export class PacketSize {
  /** The largest amount that nobody has refused yet. */
  #max = AMOUNT_MAX

  /** Base units of the sender's account; 0: nothing passes. */
  get max(): bigint {
    return this.#max
  }

  /** A packet of `amount` was refused; `data` is the Reject's. */
  refused(amount: bigint, data: Uint8Array): void {
    const hint = decodeAmountTooLarge(data)
    const isUsable = hint !== undefined && hint.receivedAmount > hint.maximumAmount
    // Amounts in the hint are in the units of the link that refused: only their ratio counts (CONN-24).
    const next = isUsable ? (amount * hint.maximumAmount) / hint.receivedAmount : amount / 2n
    if (next < this.#max) this.#max = next
  }
}
