import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rates, divFloor, gainsOf, mulFloor, toRatio } from './rates.ts'

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

  it('parts what a packet brought too much into spread and rounding, in whole units of the payer', () => {
    const rates = new Rates([{ from: 'USD', to: 'ETH', rate: toRatio('1/3000') }], toRatio('0.01'))
    const conversion = rates.between(USD, ETH)!
    // 1,000,000 µUSD at 0.33 nETH each is 330,000; 330,000 nETH at the mid rate are 990,000 µUSD.
    expect(gainsOf(1_000_000n, 330_000n, conversion)).toEqual({ spread: 10_000n, rounding: 0n })
    expect(gainsOf(1_000_002n, 330_000n, conversion)).toEqual({ spread: 10_000n, rounding: 2n })
  })

  it('never books a loss as a gain: what is left always pays for the delivery at the mid rate', () => {
    const positive = fc.bigInt({ min: 1n, max: 10n ** 12n })
    const scale = fc.integer({ min: 0, max: 18 })
    const trade = fc.record({
      incoming: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      rate: fc.record({ numerator: positive, denominator: positive }),
      perMille: fc.nat(999),
      scales: fc.tuple(scale, scale),
    })
    fc.assert(
      fc.property(trade, ({ incoming, rate, perMille, scales }) => {
        const spread = perMille === 0 ? undefined : { numerator: BigInt(perMille), denominator: 1000n }
        const rates = new Rates([{ from: 'USD', to: 'EUR', rate }], spread)
        const [source, destination] = [
          { code: 'USD', scale: scales[0] },
          { code: 'EUR', scale: scales[1] },
        ]
        const conversion = rates.between(source, destination)!
        const outgoing = mulFloor(incoming, conversion.ratio)
        const gains = gainsOf(incoming, outgoing, conversion)
        expect(gains.spread >= 0n && gains.rounding >= 0n).toBe(true)
        const left = incoming - gains.spread - gains.rounding
        expect(left * conversion.mid.numerator >= outgoing * conversion.mid.denominator).toBe(true)
      }),
    )
  })
})
