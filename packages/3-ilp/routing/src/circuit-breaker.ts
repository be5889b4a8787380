/**
 * Keeps packets away from a link that does not answer. Layer 3.
 *
 *   closed ──FAILURES_MAX in a row──▶ open ──after a while──▶ half open: one packet may try
 *     ▲──────────an answer──────────────┴─────◀──no answer──────┘
 *
 * A failure is a packet without any answer by its deadline, or one that could not be sent. A peer that works rejects a
 * packet whose own next hop is silent before our deadline, so nobody can break a peer's circuit from behind it.
 */
import type { Instant } from '@hourglass/sansio'

/** So many packets in a row without an answer open the circuit. */
export const FAILURES_MAX = 10
/** The pause before the first try; each try that fails doubles it. */
export const PAUSE_MS = 1000
export const PAUSE_MS_MAX = 60_000

export class CircuitBreaker {
  #failures = 0
  /** Undefined: closed. */
  #openUntil: Instant | undefined
  #pauseMs = PAUSE_MS

  get isOpen(): boolean {
    return this.#openUntil !== undefined
  }

  /** Whether a packet may go out now. */
  allows(now: Instant): boolean {
    return this.#openUntil === undefined || now >= this.#openUntil
  }

  /** A packet goes out. Half open, it is the one that tries, and the next has to wait longer. */
  sent(now: Instant): void {
    if (this.#openUntil === undefined) return
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX)
    this.#openUntil = now + this.#pauseMs
  }

  answered(): void {
    this.#failures = 0
    this.#openUntil = undefined
    this.#pauseMs = PAUSE_MS
  }

  failed(now: Instant): void {
    this.#failures++
    if (this.#failures < FAILURES_MAX || this.#openUntil !== undefined) return
    this.#openUntil = now + this.#pauseMs
  }
}
