/** Waiting before something is tried again, twice as long each time. Layer 2. */
import type { Instant } from '@hourglass/sansio'

export class Pause {
  readonly #firstMs: number
  readonly #longestMs: number
  #nextMs: number
  #until: Instant | undefined

  constructor(firstMs: number, longestMs: number) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
    this.#nextMs = firstMs
  }

  /** When it ends; undefined where there is none. */
  get until(): Instant | undefined {
    return this.#until
  }

  begin(now: Instant): void {
    this.#until = now + this.#nextMs
    this.#nextMs = Math.min(2 * this.#nextMs, this.#longestMs)
  }

  /** Ends where its time has come; says whether it ended now. */
  pass(now: Instant): boolean {
    if (this.#until === undefined || this.#until > now) return false
    this.#until = undefined
    return true
  }

  /** Ends now, and the next one is short again. */
  reset(): void {
    this.#until = undefined
    this.#nextMs = this.#firstMs
  }
}
