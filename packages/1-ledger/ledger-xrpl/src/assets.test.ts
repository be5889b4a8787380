import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAmount, encodeAmount, isIssuedAsset } from './assets.ts'
import { NATIVE } from './pay-channel.ts'

const issuer = 'rsrSnvGitFpAUs9AWG7pbJY2BhS3uN47iH'
const USD = `USD.${issuer}`
const scales = new Map([[USD, 4]])
const usd = (value: string) => ({ currency: 'USD', issuer, value })

describe('issued amounts', () => {
  it.each([
    [1n, '0.0001'],
    [10_000n, '1'],
    [12_345_678n, '1234.5678'],
    [10n ** 20n, '10000000000000000'],
  ])('%s base units of scale 4 are %s', (amount, value) => {
    expect(encodeAmount({ asset: USD, amount }, scales)).toEqual(usd(value))
    expect(decodeAmount(usd(value), scales)).toEqual({ asset: USD, amount })
  })

  it.each([
    ['0.00019', 1n],
    ['1e-4', 1n],
    ['1.5e3', 15_000_000n],
    ['9999999999999999e-16', 9999n],
    ['1234567890123456e5', 1_234_567_890_123_456n * 10n ** 9n],
  ])('%s is read, and rounded down', (value, amount) => {
    expect(decodeAmount(usd(value), scales)).toEqual({ asset: USD, amount })
  })

  it('are not sent with more digits than the ledger keeps', () => {
    expect(encodeAmount({ asset: USD, amount: 10n ** 16n + 1n }, scales)).toBeUndefined()
    expect(encodeAmount({ asset: USD, amount: 10n ** 16n - 1n }, scales)).toEqual(usd('999999999999.9999'))
  })

  it('of any size that is sent are read as the same', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 16n - 1n }), fc.nat(30), (amount, scale) => {
        const any = new Map([[USD, scale]])
        expect(decodeAmount(encodeAmount({ asset: USD, amount }, any), any)).toEqual({ asset: USD, amount })
      }),
    )
  })

  it.each([
    undefined,
    null,
    'unavailable',
    '-1',
    '1.5',
    5,
    usd('-1'),
    usd('1.'),
    usd('x'),
    { ...usd('1'), currency: 'EUR' },
    { ...usd('1'), issuer: 'rHg8iNtyVSxSwMu2UcGfRVgBJ6p55nfSKg' },
  ])('%j is none, or not ours', (told) => {
    expect(decodeAmount(told, scales)).toBeUndefined()
  })
})

it('counts XRP in drops', () => {
  expect(encodeAmount({ asset: NATIVE, amount: 7n }, scales)).toBe('7')
  expect(decodeAmount('7', scales)).toEqual({ asset: NATIVE, amount: 7n })
})

it.each([
  [USD, true],
  [`0158415500000000C1F76FF6ECB0BAC600000000.${issuer}`, true],
  [`XRP.${issuer}`, false],
  ['USD.bob', false],
  ['USD', false],
  [NATIVE, false],
  [`usdollar.${issuer}`, false],
])('%s: an issued asset? %s', (asset, isOne) => {
  expect(isIssuedAsset(asset)).toBe(isOne)
})
