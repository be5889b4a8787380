/**
 * How many packets may be unanswered, and when the next one may go: halved and held back when somebody is busy or
 * silent (T00 … T05, R00 … R02), opened again by each packet that is fulfilled. Layer 4, congestion. STR-100, STR-101, STR-104.
 */
import type { Instant } from '@hourglass/sansio'

/** Packets in flight at the start and at most. */
export const PACKETS_IN_FLIGHT_START = 10
export const PACKETS_IN_FLIGHT_MAX = 100
const PAUSE_MS_MIN = 20
const PAUSE_MS_MAX = 2000

export class Pacing {
  #inFlight = 0
  #max = PACKETS_IN_FLIGHT_START
  #pauseMs = 0
  #pausedUntil: Instant | undefined

  get inFlight(): number {
    return this.#inFlight
  }

  allows(now: Instant): boolean {
    if (this.#pausedUntil !== undefined && now < this.#pausedUntil) return false
    this.#pausedUntil = undefined
    return this.#inFlight < Math.floor(this.#max)
  }

  /** When a pause ends; undefined outside of one. */
  get pausedUntil(): Instant | undefined {
    return this.#pausedUntil
  }

  sent(): void {
    this.#inFlight++
  }

  fulfilled(): void {
    this.#inFlight--
    this.#pauseMs = 0
    this.#max = Math.min(this.#max + 1, PACKETS_IN_FLIGHT_MAX)
  }

  /** Answered, with no word on how busy the path is. */
  answered(): void {
    this.#inFlight--
  }

  /** Somebody on the path could not keep up. One pause at a time: what was sent before it does not count again. */
  busy(now: Instant): void {
    this.#inFlight--
    if (this.#pausedUntil !== undefined && now < this.#pausedUntil) return
    this.#max = Math.max(1, this.#max / 2)
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, PAUSE_MS_MIN), PAUSE_MS_MAX)
    this.#pausedUntil = now + this.#pauseMs
  }
}
