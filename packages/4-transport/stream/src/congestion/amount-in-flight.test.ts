import { AMOUNT_MAX } from '@hourglass/ilp'
import { describe, expect, it } from 'vitest'
import { AmountInFlight } from './amount-in-flight.ts'

describe('amount in flight', () => {
  it('is not limited before anybody is short', () => {
    const window = new AmountInFlight()
    window.sent(10n ** 18n)
    expect(window.allows(10n ** 18n)).toBe(true)
    expect(window.packetMax).toBe(AMOUNT_MAX)
  })

  it('is halved by T04, and opens again with what is fulfilled: STR-107', () => {
    const window = new AmountInFlight()
    for (let i = 0; i < 8; i++) window.sent(100n)
    window.short()
    for (let i = 0; i < 8; i++) window.answered(100n)
    for (let i = 0; i < 4; i++) {
      expect(window.allows(100n)).toBe(true)
      window.sent(100n)
    }
    expect(window.allows(100n)).toBe(false)
    for (let i = 0; i < 4; i++) {
      window.answered(100n)
      window.fulfilled(100n)
    }
    for (let i = 0; i < 4; i++) window.sent(100n)
    expect(window.allows(95n)).toBe(true)
    expect(window.allows(96n)).toBe(false)
  })

  it('makes packets smaller where not even one is carried, down to 1: STR-99', () => {
    const window = new AmountInFlight()
    for (const expected of [50n, 25n, 12n, 6n, 3n, 1n, 1n]) {
      const amount = window.packetMax < 100n ? window.packetMax : 100n
      expect(window.allows(amount)).toBe(true)
      window.sent(amount)
      window.short()
      window.answered(amount)
      expect(window.packetMax).toBe(expected)
    }
  })
})
