/** Keeps a payment's state while packets with money come and go. Layer 5. */
import type { Instant } from '@hourglass/sansio'
import { type PaymentState, settle } from './state.ts'

/** Totals of one process, as its sender tells them. */
interface Totals {
  readonly sent: bigint
  readonly delivered: bigint
}

export class Tally {
  #state: PaymentState
  /** Packets with money that nobody has answered. */
  readonly #inFlight = new Map<number, bigint>()
  #told: Totals = { sent: 0n, delivered: 0n }

  constructor(state: PaymentState) {
    this.#state = state
  }

  get state(): PaymentState {
    return this.#state
  }

  /** Any packet leaves on the connection. */
  prepared(id: number, amount: bigint, expiresAt: Instant): void {
    if (amount > 0n) this.#inFlight.set(id, amount)
    const { lastSequence, uncertain } = this.#state.connection
    this.#connect({ lastSequence: lastSequence + 1n, uncertain: uncertain + amount, expiresAt })
  }

  /** The packet was answered, whatever the answer is worth: what it paid is told by `progressed`. */
  answered(id: number): void {
    const amount = this.#inFlight.get(id)
    this.#inFlight.delete(id)
    if (amount !== undefined) this.#connect({ uncertain: this.#state.connection.uncertain - amount })
  }

  /** Nobody will ever answer, and the packet may have been paid: it stays uncertain. */
  lost(id: number): void {
    this.#inFlight.delete(id)
  }

  /** What this process has sent and delivered so far. */
  progressed(totals: Totals): void {
    const { sent, delivered, packets, connection } = this.#state
    const more = totals.delivered - this.#told.delivered
    this.#state = {
      ...this.#state,
      sent: sent + totals.sent - this.#told.sent,
      delivered: delivered + more,
      packets: packets + 1,
      connection: { ...connection, delivered: connection.delivered + more },
    }
    this.#told = totals
  }

  /** Nothing is on its way any more; the receiver's word counts where it clears up all that is uncertain. */
  closed(received: bigint): void {
    const settled = settle(this.#state, received)
    if (settled.uncertain === this.#state.uncertain) this.#state = settled
  }

  #connect(change: Partial<PaymentState['connection']>): void {
    this.#state = { ...this.#state, connection: { ...this.#state.connection, ...change } }
  }
}
