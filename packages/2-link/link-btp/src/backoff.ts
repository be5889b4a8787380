/**
 * How long a client waits before it connects again. Layer 2.
 * BTP-49: longer each time, and from the start again after a session that held.
 */
import type { Instant } from '@hourglass/sansio'

export class Backoff {
  #tries = 0
  #acceptedAt: Instant | undefined

  /** The server has taken our token. */
  accepted(now: Instant): void {
    this.#acceptedAt = now
  }

  /** The socket is gone, or never came to be. Returns how long to wait, in ms. */
  closed(now: Instant): number {
    if (this.#acceptedAt !== undefined && now - this.#acceptedAt >= STABLE_MS) this.#tries = 0
    this.#acceptedAt = undefined
    const delayMs = DELAYS_MS[Math.min(this.#tries, DELAYS_MS.length - 1)]!
    this.#tries++
    return delayMs
  }
}

const DELAYS_MS = [0, 100, 500, 1000, 2000, 5000] as const
const STABLE_MS = 10_000
