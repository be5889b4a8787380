/**
 * How many packets may be unanswered, and when the next one may go: halved and held back when somebody is busy or
 * silent (T00 … T05, R00 … R02), opened again by each packet that is fulfilled. Layer 4, congestion.
 * STR-100, STR-101, STR-104, STR-107.
 *
 * Trouble counts once a flight: answers to packets that went out before the last halving change nothing.
 */
import type { Instant } from '@hourglass/sansio'

/** Packets in flight at the start and at most. */
export const PACKETS_IN_FLIGHT_START = 10
export const PACKETS_IN_FLIGHT_MAX = 100
/** Before the first trouble each fulfilled packet makes room for one more; afterwards a whole flight for so many. */
const INCREASE_PACKETS = 4
const PAUSE_MS_MIN = 20
const PAUSE_MS_MAX = 2000

export class Pacing {
  #inFlight = 0
  #max = PACKETS_IN_FLIGHT_START
  #isStarting = true
  #lastId = 0
  /** Trouble of packets up to this one has been counted. */
  #countedId = 0
  #pauseMs = 0
  #pausedUntil: Instant | undefined

  allows(now: Instant): boolean {
    if (this.#pausedUntil !== undefined && now < this.#pausedUntil) return false
    this.#pausedUntil = undefined
    return this.#inFlight < Math.floor(this.#max)
  }

  /** When a pause ends; undefined outside of one. */
  get pausedUntil(): Instant | undefined {
    return this.#pausedUntil
  }

  /** `id` grows from packet to packet. */
  sent(id: number): void {
    this.#inFlight++
    this.#lastId = id
  }

  /** Answered by anything; what else the answer says comes after. */
  answered(): void {
    this.#inFlight--
  }

  fulfilled(): void {
    this.#pauseMs = 0
    const increase = this.#isStarting ? 1 : INCREASE_PACKETS / this.#max
    this.#max = Math.min(this.#max + increase, PACKETS_IN_FLIGHT_MAX)
  }

  /** Somebody on the path could not keep up with packet `id`. False where that is no news. */
  busy(id: number, now: Instant): boolean {
    if (id <= this.#countedId) return false
    this.#countedId = this.#lastId
    this.#isStarting = false
    this.#max = Math.max(1, this.#max / 2)
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, PAUSE_MS_MIN), PAUSE_MS_MAX)
    this.#pausedUntil = now + this.#pauseMs
    return true
  }
}
