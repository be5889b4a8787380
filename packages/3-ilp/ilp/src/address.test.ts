import { Reader, Writer } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import { loadVectors } from '@hourglass/vectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ADDRESS_LENGTH_MAX,
  type Address,
  appendSegments,
  isAddress,
  readAddress,
  readAddressOrEmpty,
  toAddress,
  writeAddress,
} from './address.ts'
import { anyAddress } from './testing/index.ts'

/** The grammar of RFC 15, written once more. */
const GRAMMAR = /^(?:g|private|example|peer|self|local|test[1-3]?)(?:\.[A-Za-z0-9_~-]+)+$/

interface AddressCase {
  readonly address: string
  readonly valid: boolean
  readonly why: string
}

const { cases } = loadVectors('derived/ilp-address.json') as { cases: AddressCase[] }

function read(octets: Uint8Array): Address {
  return readAddress(new Reader(new Writer().octets(octets).finish()))
}

/** As many octets as characters, each the character's code: no UTF-8. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}

describe('an address', () => {
  it.each(cases)('$address is valid: $valid, since $why (ADDR-01 … ADDR-04)', ({ address, valid }) => {
    expect(isAddress(address)).toBe(valid)
    if (valid) expect(read(latin1(address))).toBe(address)
    else expect(() => read(new Writer().text(address).finish().subarray(1))).toThrow(DecodeError)
  })

  it.each(['g', 'private', 'example', 'peer', 'self', 'local', 'test', 'test1', 'test2', 'test3'])(
    'may have the scheme %s, in lower case, and is more than its scheme (ADDR-01, ADDR-02, ADDR-06)',
    (scheme) => {
      expect(isAddress(`${scheme}.a`)).toBe(true)
      expect(isAddress(`${scheme.toUpperCase()}.a`)).toBe(false)
      expect(isAddress(scheme)).toBe(false)
      expect(isAddress(`${scheme}x.a`)).toBe(false)
    },
  )

  it('has no other characters than letters, digits, _, ~ and - (ADDR-03)', () => {
    for (let code = 0; code < 0x250; code++) {
      const character = String.fromCharCode(code)
      expect(isAddress(`g.a${character}b`)).toBe(/^[A-Za-z0-9_~.-]$/.test(character))
    }
  })

  it.each(['g..a', '.g.a', 'g.a.', 'g.', '.', '..', 'g.a..b'])('%j has a dot too many (ADDR-04)', (text) => {
    expect(isAddress(text)).toBe(false)
  })

  it('has at most 1023 characters (ADDR-05, OER-30)', () => {
    const longest = `g.${'a'.repeat(ADDRESS_LENGTH_MAX - 2)}`
    expect(isAddress(longest)).toBe(true)
    expect(read(latin1(longest))).toBe(longest)
    expect(isAddress(`${longest}a`)).toBe(false)
    expect(() => read(latin1(`${longest}a`))).toThrow(DecodeError)
  })

  it.each(['g.a\n', '\ng.a', 'g.a\r\n', 'g.a\u2028'])(
    '%j is checked to its last character (ADDR-07)',
    (text) => {
      expect(isAddress(text)).toBe(false)
    },
  )

  it('keeps its case (ADDR-06)', () => {
    expect(read(latin1('g.A'))).toBe('g.A')
    expect(read(latin1('g.a'))).toBe('g.a')
  })

  it('with an octet above 0x7f is refused, never read as seven bits (ADDR-08, X-ADDR)', () => {
    // 0xf0 without its highest bit is `p`.
    expect(() => read(latin1('test.\xf0'))).toThrow(new DecodeError('bad-address', 1))
    expect(read(latin1('test.p'))).toBe('test.p')
    expect(() => read(latin1('test.\xf0'))).toThrow(DecodeError)
  })

  it('may be empty only where nobody is named (ADDR-09, X-ADDR3)', () => {
    const empty = Uint8Array.of(0)
    expect(() => readAddress(new Reader(empty))).toThrow(new DecodeError('bad-address', 1))
    expect(readAddressOrEmpty(new Reader(empty))).toBe('')
  })

  it('is written with its length, as many octets as characters (OER-30)', () => {
    const bytes = new Uint8Array(6)
    expect(writeAddress(bytes, 1, toAddress('g.a'))).toBe(5)
    expect(Array.from(bytes)).toEqual([0, 3, 0x67, 0x2e, 0x61, 0])
  })

  it('comes back from the wire as it was written', () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        const bytes = new Uint8Array(2000)
        const end = writeAddress(bytes, 0, address)
        const reader = new Reader(bytes, 0, end)
        expect(readAddress(reader)).toBe(address)
        expect(reader.remaining).toBe(0)
      }),
      { numRuns: 2000 },
    )
  })

  it('is what the grammar says, as text and as octets alike, whatever was read before', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'gtest13.ab~-_./é'.split('')), maxLength: 12 })
    const changed = fc.tuple(anyAddress, fc.nat(1023), fc.nat(0xff)).map(([address, at, code]) => {
      const cut = at % address.length
      return address.slice(0, cut) + String.fromCharCode(code) + address.slice(cut + 1)
    })
    fc.assert(
      fc.property(fc.oneof(nearly, changed, anyAddress), (text) => {
        const valid = GRAMMAR.test(text)
        expect(isAddress(text)).toBe(valid)
        // Twice, since an address that was read lately is not checked again.
        for (let i = 0; i < 2; i++) {
          if (valid) expect(read(latin1(text))).toBe(text)
          else expect(() => read(latin1(text))).toThrow(DecodeError)
        }
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('toAddress', () => {
  it('tells our caller what is no address', () => {
    expect(toAddress('g.a')).toBe('g.a')
    expect(() => toAddress('g')).toThrow(new UsageError('"g" is not an ILP address'))
  })
})

describe('appendSegments', () => {
  it('puts segments behind an address and checks the whole (ADDR-23)', () => {
    const address = toAddress('g.a')
    expect(appendSegments(address, 'b.c')).toBe('g.a.b.c')
    for (const suffix of ['12 34', '', '.b', 'b.', 'a'.repeat(ADDRESS_LENGTH_MAX - 3)]) {
      expect(() => appendSegments(address, suffix)).toThrow(UsageError)
    }
    expect(appendSegments(address, 'a'.repeat(ADDRESS_LENGTH_MAX - 4))).toHaveLength(ADDRESS_LENGTH_MAX)
  })
})
