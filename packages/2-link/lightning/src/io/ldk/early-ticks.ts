/**
 * When LDK's clock may tick early. Layer 2, io.
 *
 * The manager keeps payments that have ended for seven ticks, and is written in full with each commit: a node that pays
 * much would slow down. But a peer that has not answered between two ticks is cut off. A payment that has ended shows
 * that its peer has answered, and the slowest of late how long the others may take. A peer that is silent ends none,
 * and so stops the ticks that would cut it off.
 */

/** It is worth a tick where so many have ended. */
const ENDED_MIN = 4
/** What is under way for longer is held by its receiver: nobody waits for that. */
const HELD_MS = 10_000

/** Times are milliseconds of one clock. */
export class EarlyTicks {
  /** When payments under way began, the oldest first. */
  readonly #begun = new Map<string, number>()
  #lastTick: number
  #ended = 0
  /** What payments took at most that ended since the last tick, and between the two before. */
  #slowestMs = 0
  #slowestBeforeMs = 0

  constructor(now: number) {
    this.#lastTick = now
  }

  began(payment: string, now: number): void {
    this.#begun.set(payment, now)
  }

  ended(payment: string, now: number): void {
    const begun = this.#begun.get(payment)
    if (begun === undefined) return
    this.#begun.delete(payment)
    this.#ended++
    this.#slowestMs = Math.max(this.#slowestMs, now - begun)
  }

  ticked(now: number): void {
    this.#lastTick = now
    this.#ended = 0
    this.#slowestBeforeMs = this.#slowestMs
    this.#slowestMs = 0
  }

  /** Enough have ended, those that were under way at the last tick among them, and peers have had time to answer. */
  isDue(now: number): boolean {
    const slowestMs = Math.max(this.#slowestMs, this.#slowestBeforeMs)
    if (this.#ended < ENDED_MIN || now - this.#lastTick < slowestMs) return false
    for (const begun of this.#begun.values()) {
      if (begun > this.#lastTick) return true
      if (now - begun < HELD_MS) return false
    }
    return true
  }
}
