import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  add,
  compareDecimals,
  type Decimal,
  formatDecimal,
  negate,
  parseDecimal,
  subtract,
} from './decimal.ts'

/** Sixteen digits at most, so that nothing is rounded yet. */
const anyDecimal: fc.Arbitrary<Decimal> = fc
  .record({
    mantissa: fc.bigInt({ min: -(10n ** 16n) + 1n, max: 10n ** 16n - 1n }),
    exponent: fc.integer({ min: -80, max: 60 }),
  })
  .map(({ mantissa, exponent }) => parseDecimal(`${String(mantissa)}e${String(exponent)}`))

test('what is written can be read again', () => {
  fc.assert(
    fc.property(anyDecimal, (value) => {
      expect(parseDecimal(formatDecimal(value))).toEqual(value)
    }),
    { numRuns: 10_000 },
  )
})

test('a sum does not hang on the order, and what is added can be taken away where nothing was rounded', () => {
  fc.assert(
    fc.property(anyDecimal, anyDecimal, (left, right) => {
      expect(add(left, right)).toEqual(add(right, left))
      expect(compareDecimals(left, right)).toBe(-compareDecimals(right, left) + 0)
      expect(add(left, negate(left))).toEqual(parseDecimal('0'))
    }),
  )
  const cents = fc.bigInt({ min: 0n, max: 10n ** 12n }).map((value) => parseDecimal(`${String(value)}e-2`))
  fc.assert(
    fc.property(cents, cents, (left, right) => {
      expect(subtract(add(left, right), right)).toEqual(left)
    }),
  )
})

test.each([
  ['100', '100'],
  ['0.5', '0.5'],
  ['-12.340', '-12.34'],
  ['1e-3', '0.001'],
  ['0', '0'],
  ['1e12', '1000000000000000e-3'],
  ['99999999999', '99999999999'],
])('%s is written as the server writes it: %s', (text, written) => {
  expect(formatDecimal(parseDecimal(text))).toBe(written)
})

test('a seventeenth digit is rounded to nearest, ties to even', () => {
  expect(formatDecimal(parseDecimal('1.0000000000000005'))).toBe('1')
  expect(formatDecimal(parseDecimal('1.0000000000000015'))).toBe('1.000000000000002')
  expect(formatDecimal(parseDecimal('-1.0000000000000006'))).toBe('-1.000000000000001')
})
