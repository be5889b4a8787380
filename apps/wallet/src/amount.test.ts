import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AmountError,
  type Asset,
  type Money,
  decodeDecimal,
  decodePercent,
  toBaseUnits,
  formatMoney,
  formatRate,
} from './amount.ts'

const usd = { code: 'USD', scale: 2 }
const eth = { code: 'ETH', scale: 9 }
const yen = { code: 'JPY', scale: 0 }

const money = (amount: bigint, asset: Asset): Money => ({ amount, asset })

describe('an amount', () => {
  it.each([
    ['10.00', usd, 1000n],
    ['10', usd, 1000n],
    ['0.01', usd, 1n],
    ['10.0000', usd, 1000n],
    ['0.000000001', eth, 1n],
    ['007', yen, 7n],
    ['5.0', yen, 5n],
  ])('%s in %o is %i base units', (text, asset, amount) => {
    expect(toBaseUnits(decodeDecimal(text), asset)).toBe(amount)
  })

  it.each([
    ['10.001', 'more decimals than USD has here: at most 2'],
    ['0', 'pay more than 0'],
    ['0.00', 'pay more than 0'],
    ['184467440737095516.16', 'at most 184467440737095516.15'],
    ['', 'is no amount'],
    ['-1', 'is no amount'],
    ['1e3', 'is no amount'],
    ['1,5', 'is no amount'],
    ['.5', 'is no amount'],
    ['5.', 'is no amount'],
    [' 5', 'is no amount'],
    ['0x10', 'is no amount'],
    ['Infinity', 'is no amount'],
    ['9'.repeat(500), 'is no amount'],
  ])('"%s" is refused: it %s', (text, why) => {
    expect(() => toBaseUnits(decodeDecimal(text), usd)).toThrow(why)
  })

  it('is the inverse of formatMoney at any scale, for any amount that a packet can carry', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), fc.nat({ max: 255 }), (amount, scale) => {
        const asset = { code: 'X', scale }
        const [text = ''] = formatMoney(amount, asset).split(' ')
        expect(toBaseUnits(decodeDecimal(text), asset)).toBe(amount)
      }),
    )
  })

  it('gives an amount above 0 or an AmountError for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^\d*\.?\d*$/)),
        fc.nat({ max: 20 }),
        (text, scale) => {
          try {
            expect(toBaseUnits(decodeDecimal(text), { code: 'X', scale })).toBeGreaterThan(0n)
          } catch (error) {
            expect(error).toBeInstanceOf(AmountError)
          }
        },
      ),
      { numRuns: 10_000 },
    )
  })
})

describe('decodePercent', () => {
  it.each([
    ['1', 1n, 100n],
    ['1.50', 15n, 1000n],
    ['0', 0n, 100n],
    ['99.9', 999n, 1000n],
  ])('%s percent are %i/%i', (text, numerator, denominator) => {
    expect(decodePercent(text)).toEqual({ numerator, denominator })
  })

  it.each(['100', '250', '-1', 'many'])('%s percent are refused', (text) => {
    expect(() => decodePercent(text)).toThrow(AmountError)
  })
})

describe('formatting', () => {
  it.each([
    [-150n, usd, '-1.50 USD'],
    [0n, usd, '0.00 USD'],
    [7n, yen, '7 JPY'],
    [500_000_000n, eth, '0.50 ETH'],
    [123_456_789n, eth, '0.123456789 ETH'],
    [-1n, eth, '-0.000000001 ETH'],
  ])('writes %i of %o as %s', (amount, asset, text) => {
    expect(formatMoney(amount, asset)).toBe(text)
  })

  it.each([
    [money(1000n, usd), money(3_333_333n, eth), '0.000333333'],
    [money(100n, usd), money(1n, eth), '0.000000001'],
    [money(3000n, usd), money(10_000_000n, eth), '0.000333333'],
    [money(10n ** 9n, eth), money(300_000n, usd), '3000'],
    [money(100n, usd), money(92n, usd), '0.92'],
  ])('writes the rate of %o to %o as %s', (sent, delivered, rate) => {
    expect(formatRate(sent, delivered)).toBe(rate)
  })

  it('has no rate for nothing', () => {
    expect(formatRate({ amount: 0n, asset: usd }, { amount: 0n, asset: usd })).toBeUndefined()
  })
})
