import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divFloor, mulFloor, toRatio } from './ratio.ts'

describe('ratios', () => {
  it('are read from decimals and fractions exactly, and from nothing else', () => {
    expect(toRatio('0.92')).toEqual({ numerator: 92n, denominator: 100n })
    expect(toRatio('1/3000')).toEqual({ numerator: 1n, denominator: 3000n })
    for (const bad of ['', '0', '0.0', '1/0', '-1', '1e3', '.5', '1.', '1/2/3', 'x']) {
      expect(() => toRatio(bad), bad).toThrow(/is no positive decimal/)
    }
  })

  it('never round in favour of the payer, at any amount: ILP-22, CONN-28', () => {
    const ratio = fc.record({
      numerator: fc.bigInt({ min: 1n, max: 10n ** 30n }),
      denominator: fc.bigInt({ min: 1n, max: 10n ** 30n }),
    })
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), ratio, (amount, r) => {
        const out = mulFloor(amount, r)
        expect(out * r.denominator <= amount * r.numerator).toBe(true)
        expect((out + 1n) * r.denominator > amount * r.numerator).toBe(true)
        expect(divFloor(out, r) <= amount).toBe(true)
      }),
    )
  })
})
