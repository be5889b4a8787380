/**
 * How much money may be unanswered: additive increase, multiplicative decrease on T04. Layer 4, congestion.
 * Liquidity is an amount, so this is kept apart from the number of packets, which `Pacing` decides.
 */
export class AmountInFlight {
  #inFlight = 0n
  /** Undefined: nobody has been short of liquidity yet. */
  #max: bigint | undefined

  /** Whether another packet of `amount` may go out; a single one always may. */
  allows(amount: bigint): boolean {
    return this.#max === undefined || this.#inFlight === 0n || this.#inFlight + amount <= this.#max
  }

  sent(amount: bigint): void {
    this.#inFlight += amount
  }

  /** The packet was answered by anything but T04. A fulfilled one opens the window a little. */
  answered(amount: bigint, isFulfilled: boolean): void {
    this.#inFlight -= amount
    if (isFulfilled && this.#max !== undefined) this.#max += amount / INCREASE_PARTS
  }

  /** T04: somebody on the path had too little to carry all that was on its way. */
  short(amount: bigint): void {
    const half = this.#inFlight / 2n
    this.#inFlight -= amount
    if (this.#max === undefined || half < this.#max) this.#max = half
  }
}

/** A window's worth of fulfilled packets opens it by this part of a packet for each. */
const INCREASE_PARTS = 8n
