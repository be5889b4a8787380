import { DecodeError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeUtf8, decodeUtf8Lossy, encodeUtf8 } from './utf8.ts'

const RUNS = { numRuns: 10_000 }
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary-ascii' }),
)
/** UTF-16 with lone halves of pairs. */
const anyUnits = fc
  .array(fc.integer({ min: 0xd700, max: 0xe0ff }))
  .map((units) => String.fromCharCode(...units))
/** Octets that are often nearly UTF-8. */
const anyOctets = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        0x41,
        0x7f,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xbf,
        0xc0,
        0xc1,
        0xc2,
        0xdf,
        0xe0,
        0xe1,
        0xed,
        0xef,
        0xf0,
        0xf1,
        0xf4,
        0xf5,
        0xff,
      ),
    )
    .map((octets) => Uint8Array.from(octets)),
)

describe('encodeUtf8', () => {
  it('agrees with the platform, lone halves of pairs included (OER-18)', () => {
    const platform = new TextEncoder()
    fc.assert(
      fc.property(fc.oneof(anyText, anyUnits), (text) => {
        expect(Array.from(encodeUtf8(text))).toEqual(Array.from(platform.encode(text)))
      }),
      RUNS,
    )
  })
})

describe('decodeUtf8', () => {
  it('takes back what encodeUtf8 made', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(decodeUtf8(encodeUtf8(text))).toBe(text)
      }),
      RUNS,
    )
  })

  it('reads any octets as the platform does or refuses them with a code and an offset', () => {
    const platform = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    fc.assert(
      fc.property(anyOctets, (octets) => {
        const ours = attempt(() => decodeUtf8(octets))
        const theirs = attempt(() => platform.decode(octets))
        if (ours instanceof DecodeError) {
          expect(theirs).toBeInstanceOf(TypeError)
          expect(ours.code).toBe('bad-utf8')
          expect(ours.at).toBeLessThan(octets.length)
        } else expect(ours).toBe(theirs)
      }),
      RUNS,
    )
  })

  it('names the offset where the first wrong character begins', () => {
    const octets = Uint8Array.of(0x41, 0xc3, 0xa9, 0xe2, 0x82, 0x41)
    expect(() => decodeUtf8(octets)).toThrow(new DecodeError('bad-utf8', 3))
  })

  it('reads only the part that it is given', () => {
    const octets = Uint8Array.of(0xff, 0x61, 0xe2, 0x82, 0xac, 0xff)
    expect(decodeUtf8(octets, 1, 5)).toBe('a€')
    expect(() => decodeUtf8(octets, 1, 4)).toThrow(DecodeError)
  })

  it('reads long texts', () => {
    const text = 'a'.repeat(5000) + '€'.repeat(3000) + '😀'.repeat(2000)
    expect(decodeUtf8(encodeUtf8(text))).toBe(text)
  })
})

describe('decodeUtf8Lossy', () => {
  it('agrees with the platform on any octets', () => {
    const platform = new TextDecoder('utf-8', { ignoreBOM: true })
    fc.assert(
      fc.property(anyOctets, (octets) => {
        expect(decodeUtf8Lossy(octets)).toBe(platform.decode(octets))
      }),
      RUNS,
    )
  })
})

function attempt<T>(action: () => T): T | Error {
  try {
    return action()
  } catch (error) {
    return error as Error
  }
}
