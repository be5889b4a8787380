import { EventEmitter, once } from 'node:events'
import { expect, it } from 'vitest'
import { Clock, type ClockParts } from './clock.ts'
import { OwedAnswers } from './owed-answers.ts'

/** More than a tick takes to come early. */
const TICK_MS = 100

it('ticks soon after a payment, and then leaves peers all of the time to answer that they have', async () => {
  const ticks = new EventEmitter<{ tick: [at: number] }>()
  const manager = {
    timer_tick_occurred: () => ticks.emit('tick', performance.now()),
    list_channels: () => [],
  }
  const parts = {
    ...{ engine: { manager }, owed: new OwedAnswers(), pollMs: 1000, tickMs: TICK_MS },
    ...{ follow: () => Promise.resolve(), kick: () => undefined },
  }
  const clock = new Clock(parts as unknown as ClockParts)
  clock.start(() => undefined)
  clock.paymentEnded()
  clock.paymentEnded()
  const [early] = (await once(ticks, 'tick')) as [number]
  const [next] = (await once(ticks, 'tick')) as [number]
  clock.stop()
  // Timers know whole milliseconds.
  expect(next - early).toBeGreaterThan(TICK_MS - 2)
})
