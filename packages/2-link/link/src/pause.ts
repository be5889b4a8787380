/** Waiting before something is tried again, longer each time. Layer 2. */
import type { Instant } from '@hourglass/sansio'

export class Pause {
  readonly #firstMs: number
  readonly #longestMs: number
  #nextMs: number
  #until: Instant | undefined

  /** The first pause, and the longest: each is twice as long as the one before. */
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

  /** Ends then, if it would last longer. */
  limit(until: Instant): void {
    if (this.#until !== undefined && this.#until > until) this.#until = until
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

/** The first of some instants, of which any may not be set. */
export function earliest(times: Iterable<Instant | undefined>): Instant | undefined {
  let first: Instant | undefined
  for (const time of times) if (time !== undefined && (first === undefined || time < first)) first = time
  return first
}
