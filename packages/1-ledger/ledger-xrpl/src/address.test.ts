import fc from 'fast-check'
import { decodeAccountID, encodeAccountID, isValidClassicAddress } from 'ripple-address-codec'
import { expect, it } from 'vitest'
import { decodeAddress } from './address.ts'

const anyAccount = fc.uint8Array({ minLength: 20, maxLength: 20 })

it('reads every address as the ledger\u2019s own library does', () => {
  fc.assert(
    fc.property(anyAccount, (account) => {
      expect(decodeAddress(encodeAccountID(account))).toEqual(account)
    }),
  )
  for (const zeros of [1, 19, 20]) {
    const account = new Uint8Array(20).fill(7).fill(0, 0, zeros)
    expect(decodeAddress(encodeAccountID(account))).toEqual(account)
  }
})

it('takes nothing else: any text is an address for both or for none', () => {
  const digits = fc.constantFrom(
    ...Array.from('rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz0OIl'),
  )
  const nearly = fc.oneof(
    fc.string(),
    fc.string({ unit: digits, maxLength: 40 }).map((text) => `r${text}`),
    fc.tuple(anyAccount, fc.nat(33), digits).map(([account, at, digit]) => {
      const address = encodeAccountID(account)
      return address.slice(0, at) + digit + address.slice(at + 1)
    }),
    anyAccount.map((account) => `r${encodeAccountID(account)}`),
  )
  fc.assert(
    fc.property(nearly, (text) => {
      const isAddress = isValidClassicAddress(text)
      expect(decodeAddress(text)).toEqual(isAddress ? new Uint8Array(decodeAccountID(text)) : undefined)
    }),
    { numRuns: 10_000 },
  )
})
