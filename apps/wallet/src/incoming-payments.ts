/**
 * Gathers the packets of each payment and tells it once: when the payer says that it is all, or has been silent
 * for a while. What is counted here is for people to watch; the balance is the connector's.
 */
import type { IncomingEvent } from './receiver.ts'

export interface IncomingPayment {
  readonly connection: string
  /** Base units since it was last told of. */
  readonly amount: bigint
}

/** A payer that never says goodbye is taken to have finished after so much silence. */
const SILENCE_MS = 2000

export class IncomingPayments {
  readonly #report: (payment: IncomingPayment) => void
  readonly #silenceMs: number
  readonly #open = new Map<string, { readonly amount: bigint; readonly timer: NodeJS.Timeout }>()
  /** All that came in, in base units, and in how many payments. */
  total = 0n
  count = 0

  constructor(report: (payment: IncomingPayment) => void, silenceMs: number = SILENCE_MS) {
    this.#report = report
    this.#silenceMs = silenceMs
  }

  take(event: IncomingEvent): void {
    const { connection } = event
    if (event.kind === 'closed') {
      this.#finish(connection)
      return
    }
    const open = this.#open.get(connection)
    clearTimeout(open?.timer)
    const timer = setTimeout(() => this.#finish(connection), this.#silenceMs)
    this.#open.set(connection, { amount: (open?.amount ?? 0n) + event.amount, timer })
    this.total += event.amount
  }

  /** Tells of what is still open. */
  close(): void {
    for (const connection of this.#open.keys()) this.#finish(connection)
  }

  #finish(connection: string): void {
    const open = this.#open.get(connection)
    if (open === undefined) return
    clearTimeout(open.timer)
    this.#open.delete(connection)
    this.count++
    this.#report({ connection, amount: open.amount })
  }
}
