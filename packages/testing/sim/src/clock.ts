/**
 * One process's clock: the world's, off by a skew that may change at any moment. Testing.
 * Like the real one of `@hourglass/sansio/io` it never falls while the process lives.
 */
import type { Instant } from '@hourglass/sansio'
import type { World } from './world.ts'

export class Clock {
  readonly #world: World
  /** Positive: it is fast. */
  skewMs: number
  #latest: Instant = 0

  constructor(world: World, skewMs: number) {
    this.#world = world
    this.skewMs = skewMs
  }

  now(): Instant {
    this.#latest = Math.max(this.#latest, this.#world.now + this.skewMs)
    return this.#latest
  }

  /** The world's time at which this clock, as it goes now, will show `instant`. */
  worldTimeOf(instant: Instant): Instant {
    return instant - this.skewMs
  }

  /** A process starts: it knows nothing of what the clock has shown before. */
  restart(): void {
    this.#latest = 0
  }
}
