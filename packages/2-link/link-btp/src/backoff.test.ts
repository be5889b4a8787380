import { describe, expect, it } from 'vitest'
import { Backoff } from './backoff.ts'

describe('Backoff (BTP-49)', () => {
  it('waits longer each time, up to five seconds', () => {
    const backoff = new Backoff()
    const delays = Array.from({ length: 8 }, () => backoff.closed(0))
    expect(delays).toEqual([0, 100, 500, 1000, 2000, 5000, 5000, 5000])
  })

  it('begins again after a session that held for ten seconds, and not before', () => {
    const backoff = new Backoff()
    backoff.closed(0)
    backoff.accepted(1000)
    expect(backoff.closed(10_999)).toBe(100)
    backoff.accepted(20_000)
    expect(backoff.closed(30_000)).toBe(0)
    expect(backoff.closed(90_000)).toBe(100)
  })
})
