import { describe, expect, it } from 'vitest'
import { CircuitBreaker, FAILURES_MAX, PAUSE_MS, PAUSE_MS_MAX } from './circuit-breaker.ts'

function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker()
  for (let i = 0; i < FAILURES_MAX; i++) breaker.failed(0)
  return breaker
}

describe('a circuit breaker', () => {
  it('opens after so many failures in a row, not for some among answers', () => {
    const breaker = new CircuitBreaker()
    for (let i = 0; i < 5 * FAILURES_MAX; i++) {
      breaker.failed(0)
      if (i % 5 === 0) breaker.answered()
    }
    expect(breaker.isOpen).toBe(false)
    expect(opened().allows(0)).toBe(false)
  })

  it('lets one packet try after a pause, and the next after twice as long', () => {
    const breaker = opened()
    expect(breaker.allows(PAUSE_MS - 1)).toBe(false)
    let now = PAUSE_MS
    for (let pauseMs = 2 * PAUSE_MS; pauseMs <= PAUSE_MS_MAX; pauseMs *= 2) {
      expect(breaker.allows(now)).toBe(true)
      breaker.sent(now)
      expect(breaker.allows(now)).toBe(false)
      breaker.failed(now + 1)
      expect(breaker.allows(now + pauseMs - 1)).toBe(false)
      now += pauseMs
    }
    expect(breaker.allows(now)).toBe(true)
  })

  it('closes with the first answer', () => {
    const breaker = opened()
    breaker.sent(PAUSE_MS)
    breaker.answered()
    expect(breaker.isOpen).toBe(false)
    expect(breaker.allows(PAUSE_MS)).toBe(true)
  })
})
