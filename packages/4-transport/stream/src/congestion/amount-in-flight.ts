/**
 * How much money may be unanswered: additive increase, multiplicative decrease on T04. Layer 4, congestion.
 * Liquidity is an amount, so this is kept apart from the number of packets, which `Pacing` decides. STR-99, STR-107.
 */
import { AMOUNT_MAX } from '@hourglass/ilp'

export class AmountInFlight {
  #inFlight = 0n
  /** Undefined: nobody has been short of liquidity yet. */
  #max: bigint | undefined

  /** No packet is larger, or nobody could carry even one. */
  get packetMax(): bigint {
    return this.#max ?? AMOUNT_MAX
  }

  /** Whether another packet of `amount` may go out; a single one always may. */
  allows(amount: bigint): boolean {
    return this.#max === undefined || this.#inFlight === 0n || this.#inFlight + amount <= this.#max
  }

  sent(amount: bigint): void {
    this.#inFlight += amount
  }

  /** Answered by anything. */
  answered(amount: bigint): void {
    this.#inFlight -= amount
  }

  /** Fulfilled, after `answered`: a window's worth opens it by one packet, so that competing payments even out. */
  fulfilled(amount: bigint): void {
    if (this.#max !== undefined) this.#max += (amount * amount) / this.#max + 1n
  }

  /** T04, before `answered`: somebody on the path had too little to carry all that was on its way. At least 1 stays. */
  short(): void {
    const half = this.#inFlight / 2n
    if (this.#max === undefined || half < this.#max) this.#max = half > 0n ? half : 1n
  }
}
