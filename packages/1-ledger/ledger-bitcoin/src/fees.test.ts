import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FALLBACK_SATS_PER_VBYTE, marketRate, raisedRate, rateOf, replacementFeeMin } from './fees.ts'

const rate = fc.bigInt({ min: 1n, max: 1000n })

describe('fees', () => {
  it('follow the estimate, never below what the mempool takes and never above the limit', () => {
    expect(marketRate({ estimate: 20n, minimum: 1n }, 200n)).toBe(20n)
    expect(marketRate({ estimate: undefined, minimum: 1n }, 200n)).toBe(FALLBACK_SATS_PER_VBYTE)
    expect(marketRate({ estimate: 2n, minimum: 5n }, 200n)).toBe(5n)
    expect(marketRate({ estimate: 900n, minimum: 1n }, 200n)).toBe(200n)
  })

  it('rise by a quarter at least, up to the limit and not beyond', () => {
    fc.assert(
      fc.property(rate, rate, rate, (offered, market, max) => {
        const raised = raisedRate(offered, market, max)
        if (raised === undefined) expect(offered).toBeGreaterThanOrEqual(max)
        else {
          expect(raised).toBeGreaterThan(offered)
          expect(raised).toBeLessThanOrEqual(max)
          if (raised < max) expect(raised * 4n).toBeGreaterThan(offered * 5n)
        }
      }),
    )
  })

  it('BIP 125: pay for the replaced transaction and for the relay of the new one', () => {
    expect(replacementFeeMin(1410n, 141)).toBe(1551n)
  })

  it('are rounded up where a rate is made of them', () => {
    expect(rateOf(1410n, 141)).toBe(10n)
    expect(rateOf(1411n, 141)).toBe(11n)
  })
})
