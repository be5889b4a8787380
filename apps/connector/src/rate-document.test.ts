import { describe, expect, it } from 'vitest'
import { readRateDocument } from './rate-document.ts'

const NOW = Date.UTC(2026, 0, 1)
const read = (value: unknown): ReturnType<typeof readRateDocument> =>
  readRateDocument(typeof value === 'string' ? value : JSON.stringify(value), 1000, NOW)

describe('a document of rates', () => {
  it('holds exact rates of one base, as text or as plain numbers', () => {
    const { base, rates } = read({ base: 'USD', rates: { EUR: '0.92', ETH: '1/3000', JPY: 150.25 } })
    expect(base).toBe('USD')
    expect([...rates]).toEqual([
      ['EUR', { numerator: 92n, denominator: 100n }],
      ['ETH', { numerator: 1n, denominator: 3000n }],
      ['JPY', { numerator: 15_025n, denominator: 100n }],
    ])
  })

  it('is good from when it was made on, not from when it was read, and never from later', () => {
    const at = (ms: number): string => new Date(NOW + ms).toISOString()
    const freshFor = (document: object): number =>
      read({ base: 'USD', rates: {}, ...document }).freshUntil - NOW
    expect([{}, { at: at(-400) }, { at: at(-5000) }, { at: at(400) }].map(freshFor)).toEqual([
      1000, 600, -4000, 1000,
    ])
  })

  it.each([
    ['no JSON', 'USD 1'],
    ['no base', { rates: {} }],
    ['a rate of nothing', { base: 'USD', rates: { EUR: '0' } }],
    ['a negative rate', { base: 'USD', rates: { EUR: -1 } }],
    ['a number that has lost its digits', { base: 'USD', rates: { EUR: 1e-9 } }],
    ['a time that is none', { base: 'USD', rates: {}, at: 'yesterday' }],
    [
      'too many codes',
      { base: 'USD', rates: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, '1'])) },
    ],
  ])('is refused with a reason where it has %s', (_, value) => {
    expect(() => read(value)).toThrow(/./)
  })
})
