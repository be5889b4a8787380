import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rates, divFloor, mulFloor, toRatio } from './rates.ts'

const USD = { code: 'USD', scale: 6 }
const ETH = { code: 'ETH', scale: 9 }

describe('rates', () => {
  it('reads decimals and fractions exactly, and nothing else', () => {
    expect(toRatio('0.92')).toEqual({ numerator: 92n, denominator: 100n })
    expect(toRatio('1/3000')).toEqual({ numerator: 1n, denominator: 3000n })
    for (const bad of ['', '0', '0.0', '1/0', '-1', '1e3', '.5', '1.', '1/2/3', 'x']) {
      expect(() => toRatio(bad), bad).toThrow(/is no positive decimal/)
    }
  })

  it('scales between assets: ILP-21', () => {
    const rates = new Rates([], undefined)
    const ratio = rates.between({ code: 'USD', scale: 2 }, { code: 'USD', scale: 9 })!.ratio
    expect(mulFloor(5n, ratio)).toBe(50_000_000n)
  })

  it('uses one quote in both directions, exactly', () => {
    const rates = new Rates([{ from: 'USD', to: 'ETH', rate: toRatio('1/3000') }], undefined)
    expect(mulFloor(3_000_000_000n, rates.between(USD, ETH)!.ratio)).toBe(1_000_000_000n)
    expect(mulFloor(1_000_000_000n, rates.between(ETH, USD)!.ratio)).toBe(3_000_000_000n)
  })

  it('keeps the spread of a conversion, and of a conversion only: CONN-27', () => {
    const rates = new Rates([{ from: 'USD', to: 'EUR', rate: toRatio('1') }], toRatio('0.002'))
    const eur = { code: 'EUR', scale: 6 }
    expect(mulFloor(1000n, rates.between(USD, eur)!.ratio)).toBe(998n)
    expect(mulFloor(1000n, rates.between(USD, USD)!.ratio)).toBe(1000n)
  })

  it('knows no rate that nobody quoted', () => {
    expect(new Rates([], undefined).between(USD, ETH)).toBeUndefined()
  })

  it('never rounds in favour of the payer, at any amount: ILP-22, CONN-28', () => {
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
