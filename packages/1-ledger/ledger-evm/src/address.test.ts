import fc from 'fast-check'
import { getAddress, keccak256 } from 'viem/utils'
import { expect, it } from 'vitest'
import { addressOfKey, decodeAddress, encodeAddress, putUint } from './address.ts'
import { nobleCurve } from './noble/index.ts'

const anyAddressBytes = fc.uint8Array({ minLength: 20, maxLength: 20 })

it('writes and reads the checksums of EIP-55', () => {
  for (const text of [
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ]) {
    expect(encodeAddress(decodeAddress(text)!)).toBe(text)
    expect(decodeAddress(text.replace('b', 'B').replace('A', 'a'))).toBeUndefined()
  }
})

it('writes addresses as the libraries of the field do, and reads what it wrote', () => {
  fc.assert(
    fc.property(anyAddressBytes, (bytes) => {
      const text = encodeAddress(bytes)
      expect(text).toBe(getAddress(text.toLowerCase()))
      for (const each of [text, text.toLowerCase(), `0x${text.slice(2).toUpperCase()}`]) {
        expect(decodeAddress(each)).toEqual(bytes)
      }
    }),
  )
})

it('takes no text for an address that is none', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 50 }), (text) => {
      expect(decodeAddress(text)).toBeUndefined()
    }),
    { numRuns: 10_000 },
  )
})

it('knows the address of a key', () => {
  const privateKey = decodeHex('ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
  const publicKey = nobleCurve.publicKey(privateKey)
  expect(addressOfKey(publicKey)).toBe('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')
  expect(addressOfKey(publicKey)).toBe(getAddress(`0x${keccak256(publicKey).slice(26)}`))
})

it('writes integers in big-endian words and leaves the rest alone', () => {
  const bytes = new Uint8Array(6).fill(0xff)
  putUint(bytes, 5, 4, 0x010203n)
  expect([...bytes]).toEqual([0xff, 0, 1, 2, 3, 0xff])
})

const decodeHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
