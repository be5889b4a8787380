/**
 * Commit before reveal: what waits for a state to be durable, one commit at a time. Layer 5.
 * What comes while a commit is under way joins the next, so the cost per packet falls as their number rises.
 */
import type { PaymentOutput } from './face.ts'
import type { PaymentState } from './state.ts'

export class Commits {
  #waiting: PaymentOutput[] = []
  #committing: PaymentOutput[] = []
  #id = 0
  #isIdle = true

  /** Whether there was anything to make durable yet. */
  get isUsed(): boolean {
    return this.#id > 0 || this.#waiting.length > 0
  }

  /** `output` comes out once the state of this moment is durable. */
  hold(output: PaymentOutput): void {
    this.#waiting.push(output)
  }

  /** The next commit; undefined where nothing waits, or one is under way. */
  next(state: PaymentState): PaymentOutput | undefined {
    if (!this.#isIdle || this.#waiting.length === 0) return undefined
    this.#isIdle = false
    this.#committing = this.#waiting
    this.#waiting = []
    return { kind: 'commit', id: ++this.#id, state }
  }

  /** What may come out now. */
  committed(id: number): readonly PaymentOutput[] {
    if (this.#isIdle || id !== this.#id) return []
    this.#isIdle = true
    return this.#committing
  }
}
