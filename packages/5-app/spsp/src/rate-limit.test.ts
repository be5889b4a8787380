import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RATE_LIMIT_KEYS_MAX, RateLimit } from './rate-limit.ts'

describe('a rate limit', () => {
  it('SPSP-30: allows a burst, then as many as come back with time, for each key by itself', () => {
    const limit = new RateLimit({ burst: 3, perSecond: 2 })
    const asked = (key: string, now: number): boolean => limit.take(key, now)
    expect([asked('a', 0), asked('a', 0), asked('a', 0), asked('a', 0)]).toEqual([true, true, true, false])
    expect(asked('b', 0)).toBe(true)
    expect([asked('a', 499), asked('a', 500), asked('a', 500)]).toEqual([false, true, false])
    expect([1, 2, 3, 4].map(() => asked('a', 1_000_000))).toEqual([true, true, true, false])
  })

  it('SPSP-30: never allows more than burst plus rate in any time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 100 }), (gapsMs) => {
        const limit = new RateLimit({ burst: 5, perSecond: 4 })
        let now = 0
        let allowed = 0
        for (const gapMs of gapsMs) {
          now += gapMs
          if (limit.take('a', now)) allowed += 1
        }
        expect(allowed).toBeLessThanOrEqual(5 + Math.floor((now * 4) / 1000))
      }),
    )
  })

  it('remembers a bounded number of keys and forgets the one that was idle longest', () => {
    const limit = new RateLimit({ burst: 1, perSecond: 0 })
    for (let i = 0; i <= RATE_LIMIT_KEYS_MAX; i++) limit.take(String(i), 0)
    expect(limit.take('1', 0)).toBe(false)
    expect(limit.take('0', 0)).toBe(true)
  })
})
