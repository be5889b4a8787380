import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeHex, encodeHex } from './hex.ts'

it('hexadecimal digits agree with the platform and come back as the same octets', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      const text = encodeHex(octets)
      expect(text).toBe(Buffer.from(octets).toString('hex'))
      expect(decodeHex(text)).toEqual(octets)
      expect(decodeHex(text.toUpperCase())).toEqual(octets)
    }),
  )
})

it.each(['0', 'abc', '0x00', 'zz', ' 00', '00\n', '0 0 ', '００'])('%j is no hexadecimal text', (text) => {
  expect(decodeHex(text)).toBeUndefined()
})
