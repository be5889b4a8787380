/**
 * A token bucket: so much at once, and so much more as time goes by. Layer 3, connector.
 * Exact: what is less than a token counts too.
 */
import type { Instant } from '@hourglass/sansio'

export interface BucketOptions {
  /** Tokens that come back in `periodMs`. Above 0. */
  readonly perPeriod: bigint
  readonly periodMs: number
  /** The most that there are at once: those of a bucket that nobody has asked yet. */
  readonly burst: bigint
}

export class TokenBucket {
  readonly burst: bigint
  readonly #perPeriod: bigint
  /** Of one token there are as many parts as a period has milliseconds, so that each brings whole ones. */
  readonly #partsPerToken: bigint
  #parts: bigint
  #at: Instant | undefined

  constructor({ perPeriod, periodMs, burst }: BucketOptions) {
    this.burst = burst
    this.#perPeriod = perPeriod
    this.#partsPerToken = BigInt(periodMs)
    this.#parts = burst * this.#partsPerToken
  }

  /** Takes `tokens` if there are as many; else none. */
  take(tokens: bigint, now: Instant): boolean {
    this.#refill(now)
    const parts = tokens * this.#partsPerToken
    if (parts > this.#parts) return false
    this.#parts -= parts
    return true
  }

  #refill(now: Instant): void {
    if (this.#at !== undefined && now > this.#at) {
      const full = this.burst * this.#partsPerToken
      const parts = this.#parts + BigInt(now - this.#at) * this.#perPeriod
      this.#parts = parts < full ? parts : full
    }
    this.#at = now
  }
}
