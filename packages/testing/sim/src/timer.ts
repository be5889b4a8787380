/** Hands a machine its timeouts, now and then late, as real timers are. Testing. */
import type { Instant } from '@hourglass/sansio'
import type { Chance } from './chance.ts'
import type { Clock } from './clock.ts'
import type { World } from './world.ts'

export class Timer {
  readonly #world: World
  readonly #clock: Clock
  readonly #chance: Chance
  readonly #fire: () => void
  /** By the process's clock. */
  #armedFor: Instant | undefined
  #armings = 0

  constructor(world: World, clock: Clock, chance: Chance, fire: () => void) {
    this.#world = world
    this.#clock = clock
    this.#chance = chance
    this.#fire = fire
  }

  /** To be told after every input; an early timeout is harmless, so one that is armed for earlier stays. */
  arm(next: Instant | undefined): void {
    if (next === undefined || (this.#armedFor !== undefined && this.#armedFor <= next)) return
    this.#armedFor = next
    const arming = ++this.#armings
    const lateMs = this.#chance.happens(LATE_PROBABILITY) ? this.#chance.integer(1, LATE_MS_MAX) : 0
    this.#world.at(this.#clock.worldTimeOf(next) + lateMs, () => {
      if (arming !== this.#armings) return
      this.#armedFor = undefined
      this.#fire()
    })
  }

  stop(): void {
    this.#armings++
    this.#armedFor = undefined
  }
}

const LATE_PROBABILITY = 0.3
const LATE_MS_MAX = 50
