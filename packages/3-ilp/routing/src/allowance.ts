/** How many messages a peer may send now: so many at once, then so many a second. Layer 3. */
import type { Instant } from '@hourglass/sansio'
import { MESSAGES_AT_ONCE, MESSAGES_PER_SECOND } from './limits.ts'

export class Allowance {
  #left = MESSAGES_AT_ONCE
  #at: Instant = 0

  /** Whether one more is within the allowance; it is used up then. */
  take(now: Instant): boolean {
    this.#left = Math.min(MESSAGES_AT_ONCE, this.#left + ((now - this.#at) * MESSAGES_PER_SECOND) / 1000)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
