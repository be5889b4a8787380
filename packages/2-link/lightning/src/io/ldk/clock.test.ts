import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Clock, type ClockParts } from './clock.ts'
import { OwedAnswers } from './owed-answers.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const TICK_MS = 10_000

/** A clock of a node without channels, and when LDK's ticked. */
function start(): { clock: Clock; ticks: number[] } {
  const ticks: number[] = []
  const begin = performance.now()
  const manager = {
    timer_tick_occurred: () => void ticks.push(performance.now() - begin),
    list_channels: () => [],
  }
  const nothing = { timer_tick_occurred: () => undefined, rebroadcast_pending_claims: () => undefined }
  const parts = {
    ...{ engine: { manager, peers: nothing, chainMonitor: nothing }, owed: new OwedAnswers(), pollMs: 1000 },
    ...{ fees: { refresh: () => Promise.resolve() }, follow: () => Promise.resolve() },
    ...{ isConnected: () => true, remind: () => undefined, kick: () => undefined },
  }
  const clock = new Clock(parts as unknown as ClockParts)
  clock.start(() => undefined)
  return { clock, ticks }
}

it('ticks by itself, and soon after a payment', async () => {
  const { clock, ticks } = start()
  await vi.advanceTimersByTimeAsync(TICK_MS + 500)
  clock.paymentEnded()
  clock.paymentEnded()
  await vi.advanceTimersByTimeAsync(500)
  expect(ticks).toEqual([TICK_MS, TICK_MS + 525])
  clock.stop()
  await vi.advanceTimersByTimeAsync(2 * TICK_MS)
  expect(ticks).toHaveLength(2)
})

it('leaves peers all of the time to answer that they have, also after a tick that came early', async () => {
  const { clock, ticks } = start()
  await vi.advanceTimersByTimeAsync(TICK_MS - 30)
  clock.paymentEnded()
  await vi.advanceTimersByTimeAsync(2 * TICK_MS)
  expect(ticks).toEqual([TICK_MS - 5, 2 * TICK_MS - 5])
  clock.stop()
})
