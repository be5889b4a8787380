/**
 * A token bucket per key: how often one address may ask. Layer 5.
 * Each SPSP answer costs keys, so that a flood of questions would cost the receiver more than the asker.
 */
import type { Instant } from '@hourglass/sansio'

export interface RateLimitOptions {
  /** What one key may ask at once. */
  readonly burst: number
  /** What each key gets back in a second; may be a fraction. */
  readonly perSecond: number
}

export const RATE_LIMIT: RateLimitOptions = { burst: 60, perSecond: 5 }

/** Keys remembered at a time. Where more ask at once, the one that was idle longest is forgotten. */
export const RATE_LIMIT_KEYS_MAX = 10_000

interface Bucket {
  readonly tokens: number
  readonly at: Instant
}

export class RateLimit {
  readonly #options: RateLimitOptions
  /** In the order of last use. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: RateLimitOptions = RATE_LIMIT) {
    this.#options = options
  }

  /** Whether `key` may ask now; if so, this counts as asked. */
  take(key: string, now: Instant): boolean {
    const { burst, perSecond } = this.#options
    const last = this.#buckets.get(key) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, last.tokens + ((now - last.at) / 1000) * perSecond)
    const allowed = tokens >= 1
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at: now })
    if (this.#buckets.size > RATE_LIMIT_KEYS_MAX) this.#forgetOldest()
    return allowed
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key)
      return
    }
  }
}
