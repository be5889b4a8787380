/** What a node need not remember any more, told to its process now and then. Layer 2, io. */
import type { Forgotten } from './messages.ts'

/** Nobody is in a hurry for it, and a message each would cost a payment more than all else that is said of it. */
const TELL_MS = 500

export class Forgetting {
  readonly #tell: (forgotten: Forgotten) => Promise<void>
  #waiting: Forgotten[] = []
  #telling: Promise<void> | undefined

  constructor(tell: (forgotten: Forgotten) => Promise<void>) {
    this.#tell = tell
  }

  /** Resolves, or rejects, with all that is told together. */
  add(forgotten: Forgotten): Promise<void> {
    this.#waiting.push(forgotten)
    this.#telling ??= new Promise((resolve) => setTimeout(resolve, TELL_MS)).then(() => this.#tellAll())
    return this.#telling
  }

  #tellAll(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    this.#telling = undefined
    const payments = waiting.flatMap((each) => each.payments)
    return this.#tell({ payments, receipts: waiting.flatMap((each) => each.receipts) })
  }
}
