import { describe, expect, it } from 'vitest'
import { PACKETS_IN_FLIGHT_MAX, PACKETS_IN_FLIGHT_START, Pacing } from './pacing.ts'

/** Sends all that is allowed; returns the ids. */
function fill(pacing: Pacing, now: number, ids = { last: 0 }): number[] {
  const sent: number[] = []
  while (pacing.allows(now)) {
    sent.push(++ids.last)
    pacing.sent(ids.last)
  }
  return sent
}

function fulfill(pacing: Pacing, count: number): void {
  for (let i = 0; i < count; i++) {
    pacing.answered()
    pacing.fulfilled()
  }
}

describe('pacing', () => {
  it('doubles each flight at the start, up to the most: STR-107', () => {
    const pacing = new Pacing()
    const ids = { last: 0 }
    const flights = [0, 0, 0, 0, 0].map(() => {
      const { length } = fill(pacing, 0, ids)
      fulfill(pacing, length)
      return length
    })
    expect(flights).toEqual([PACKETS_IN_FLIGHT_START, 20, 40, 80, PACKETS_IN_FLIGHT_MAX])
  })

  it('halves once a flight, pauses, then grows by a few: STR-100', () => {
    const pacing = new Pacing()
    const ids = { last: 0 }
    const flight = fill(pacing, 0, ids)
    expect(flight.map((id) => (pacing.answered(), pacing.busy(id, 100))).filter(Boolean)).toHaveLength(1)
    expect(pacing.pausedUntil).toBe(120)
    expect(fill(pacing, 119, ids)).toEqual([])
    expect(fill(pacing, 120, ids)).toHaveLength(5)
    fulfill(pacing, 5)
    expect(fill(pacing, 120, ids)).toHaveLength(8)
  })

  it('waits twice as long each time that trouble goes on, never for ever: STR-101, STR-104', () => {
    const pacing = new Pacing()
    const ids = { last: 0 }
    let now = 0
    const pauses: number[] = []
    for (let i = 0; i < 9; i++) {
      for (const id of fill(pacing, now, ids)) {
        pacing.answered()
        pacing.busy(id, now)
      }
      pauses.push(pacing.pausedUntil! - now)
      now = pacing.pausedUntil!
    }
    expect(pauses).toEqual([20, 40, 80, 160, 320, 640, 1280, 2000, 2000])
    expect(fill(pacing, now, ids)).toHaveLength(1)
    fulfill(pacing, 1)
    pacing.sent(++ids.last)
    pacing.busy(ids.last, now)
    expect(pacing.pausedUntil! - now).toBe(20)
  })
})
