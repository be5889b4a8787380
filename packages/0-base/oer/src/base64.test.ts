import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeBase64, encodeBase64, encodeBase64Url } from './base64.ts'

it('both alphabets agree with the platform and come back as the same octets', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      const padded = encodeBase64(octets)
      const url = encodeBase64Url(octets)
      expect(padded).toBe(Buffer.from(octets).toString('base64'))
      expect(url).toBe(Buffer.from(octets).toString('base64url'))
      for (const text of [padded, url, padded.replace(/=+$/, '')]) expect(decodeBase64(text)).toEqual(octets)
    }),
    { numRuns: 1000 },
  )
})

it.each(['A', 'AAAAA', 'AA=', 'AAA==', 'AA==A', '=', '====', 'A A=', 'AA==\n', 'AAé=', 'AB==', 'AAB='])(
  '%j is no base64 text: its length, its padding, a character or its last bits are wrong',
  (text) => {
    expect(decodeBase64(text)).toBeUndefined()
  },
)

it('any text decodes to the octets that encode to it, or to nothing', () => {
  const almost = fc.string({ unit: fc.constantFrom(...'ABQgwZ09+/-_= '.split('')) })
  fc.assert(
    fc.property(fc.oneof(almost, fc.string()), (text) => {
      const octets = decodeBase64(text)
      if (octets === undefined) return
      const canonical = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
      expect(encodeBase64(octets).replace(/=+$/, '')).toBe(canonical)
    }),
    { numRuns: 10_000 },
  )
})
