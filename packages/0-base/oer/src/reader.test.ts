import { loadVectors } from '@hourglass/vectors'
import { DecodeError, UsageError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHex, encodeHex } from './hex.ts'
import { Reader } from './reader.ts'
import { UINT64_MAX } from './uint.ts'
import { Writer } from './writer.ts'

interface ReadCase {
  readonly op: string
  readonly hex?: string
  readonly hexRepeat?: { readonly head: string; readonly byte: string; readonly total: number }
  readonly expect: 'accept' | 'reject' | 'above-u64'
  readonly why: string
  readonly js: { readonly value?: string }
}

const { cases } = loadVectors('derived/oer.json') as { cases: ReadCase[] }
const reads = cases.filter(({ op }) => op.startsWith('read'))

/** Each read of the vectors, its value as the vectors write it. */
const OPERATIONS: Record<string, (reader: Reader) => string> = {
  readVarOctetString: (reader) => encodeHex(reader.octets()),
  readVarUInt: (reader) => String(reader.varUint()),
  readUInt8: (reader) => String(reader.uint8()),
  readUInt32: (reader) => String(reader.uint32()),
}

function bytesOf({ hex, hexRepeat }: ReadCase): Uint8Array {
  if (hexRepeat === undefined) return decodeHex(hex!)!
  const bytes = new Uint8Array(hexRepeat.total).fill(parseInt(hexRepeat.byte, 16))
  bytes.set(decodeHex(hexRepeat.head)!)
  return bytes
}

function readerOf(...octets: number[]): Reader {
  return new Reader(Uint8Array.from(octets))
}

describe('the vectors', () => {
  it.each(reads.filter((row) => row.expect === 'accept'))('$op reads $why', (row) => {
    const reader = new Reader(bytesOf(row))
    const value = OPERATIONS[row.op]!(reader)
    if (row.js.value !== '(long)') expect(value).toBe(row.js.value)
    expect(reader.remaining).toBe(0)
  })

  it.each(reads.filter((row) => row.expect !== 'accept'))('$op refuses $why', (row) => {
    expect(() => OPERATIONS[row.op]!(new Reader(bytesOf(row)))).toThrow(DecodeError)
  })
})

describe('a fixed-length integer', () => {
  it('is read big endian, in its width (OER-01)', () => {
    const reader = readerOf(0x01, 0xff, 0xfe, 0x80, 0, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 2)
    expect(reader.uint8()).toBe(1)
    expect(reader.uint16()).toBe(0xfffe)
    expect(reader.uint32()).toBe(0x8000_0001)
    expect(reader.uint64()).toBe(0xff00_0000_0000_0002n)
    expect(reader.remaining).toBe(0)
  })
})

describe('a length determinant', () => {
  it.each([
    ['indefinite (OER-07)', [0x80, 0, 0]],
    ['of nine octets (OER-08)', [0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7]],
    ['in the long form below 128 (X-OER7)', [0x81, 0x01, 7]],
    ['of 127 in the long form (OER-06)', [0x81, 0x7f, ...new Array<number>(127).fill(0)]],
    ['with a leading zero (X-OER7)', [0x82, 0x00, 0x80, ...new Array<number>(128).fill(0)]],
  ])('%s is refused', (_, octets) => {
    expect(() => readerOf(...octets).octets()).toThrow(new DecodeError('bad-length', 0))
  })

  it('longer than what is left is refused before anything is made of it (OER-09)', () => {
    expect(() => readerOf(0x84, 0xff, 0xff, 0xff, 0xff, 1, 2).octets()).toThrow(new DecodeError('short', 5))
    expect(() => readerOf(0x05, 1, 2).octets()).toThrow(new DecodeError('short', 1))
    expect(() => readerOf(0x82, 1).octets()).toThrow(new DecodeError('short', 1))
  })
})

describe('octets', () => {
  it('come out as views of the buffer, plain arrays also of a Buffer (OER-02, OER-03, OER-10)', () => {
    const buffer = Buffer.of(9, 2, 7, 8, 5)
    const reader = new Reader(buffer, 1)
    const octets = reader.octets()
    expect(octets.constructor).toBe(Uint8Array)
    expect(octets).toEqual(Uint8Array.of(7, 8))
    buffer[2] = 1
    expect(octets[0]).toBe(1)
    expect(reader.take(1)).toEqual(Uint8Array.of(5))
  })

  it('are read up to the reader’s end and no further, though the buffer goes on', () => {
    const reader = new Reader(Uint8Array.of(0, 1, 2, 3), 1, 3)
    expect(reader.remaining).toBe(2)
    reader.skip(2)
    expect(() => reader.uint8()).toThrow(new DecodeError('short', 3))
  })

  it('can be entered: the reader then ends where they do', () => {
    const reader = readerOf(2, 7, 8, 5)
    reader.enter()
    expect([reader.at, reader.remaining]).toEqual([1, 2])
  })

  it('can be read by a reader of their own, whose offsets are those of the buffer', () => {
    const reader = readerOf(2, 7, 8, 5)
    const nested = reader.nested()
    expect([nested.at, nested.remaining, reader.at]).toEqual([1, 2, 3])
    nested.skip(2)
    expect(() => nested.uint8()).toThrow(new DecodeError('short', 3))
  })

  it('can be passed over', () => {
    const reader = readerOf(2, 7, 8, 5)
    expect(reader.skipOctets()).toBe(1)
    expect(reader.at).toBe(3)
  })
})

describe('text', () => {
  it('is UTF-8 (OER-18)', () => {
    expect(readerOf(3, 0xe2, 0x82, 0xac).text()).toBe('€')
    expect(() => readerOf(2, 0x61, 0xff).text()).toThrow(new DecodeError('bad-utf8', 2))
  })

  it('for people is read whatever it is', () => {
    expect(readerOf(2, 0x61, 0xff).lossyText()).toBe('a\ufffd')
  })
})

describe('a variable-length integer', () => {
  it('needs an octet (OER-12)', () => {
    expect(() => readerOf(0).varUint()).toThrow(new DecodeError('bad-varuint', 0))
  })

  it('may have leading zeros (OER-13)', () => {
    expect(readerOf(2, 0, 1).varUint()).toBe(1n)
    expect(readerOf(10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0).varUint()).toBe(2n ** 56n)
  })

  it('above 2^64-1 is refused, except where it saturates (OER-14)', () => {
    const above = [9, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    expect(() => readerOf(...above).varUint()).toThrow(new DecodeError('bad-varuint', 0))
    expect(readerOf(...above).varUintSaturating()).toBe(UINT64_MAX)
    expect(readerOf(1, 5).varUintSaturating()).toBe(5n)
    expect(() => readerOf(0).varUintSaturating()).toThrow(DecodeError)
  })

  it('of any size up to 2^64-1 is read as it was written (OER-11, OER-15)', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: UINT64_MAX }), (value) => {
        const reader = new Reader(new Writer().varUint(value).finish())
        expect(reader.varUint()).toBe(value)
        expect(reader.remaining).toBe(0)
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('a count', () => {
  it('is a variable-length integer in front of the items (OER-16)', () => {
    expect(readerOf(1, 0).count()).toBe(0)
    expect(readerOf(1, 2, 7, 7).count()).toBe(2)
  })

  it('above what is left is refused, so that nobody loops or reserves up to it (OER-17)', () => {
    expect(() => readerOf(4, 0xff, 0xff, 0xff, 0xff).count()).toThrow(new DecodeError('short', 0))
    expect(() => readerOf(1, 3, 7, 7).count()).toThrow(new DecodeError('short', 0))
  })
})

describe('a reader', () => {
  it('cannot be given an end behind its buffer', () => {
    expect(() => new Reader(new Uint8Array(3), 0, 4)).toThrow(UsageError)
  })

  it('of any octets gives values or a DecodeError inside them, and nothing is read behind its end', () => {
    const METHODS = [
      'uint8',
      'uint16',
      'uint32',
      'uint64',
      'timestamp',
      'octets',
      'skipOctets',
      'enter',
      'nested',
      'text',
      'lossyText',
      'varUint',
      'varUintSaturating',
      'count',
    ] as const
    const calls = fc.array(fc.constantFrom(...METHODS), { maxLength: 12 })
    const octets = fc.array(
      fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff)),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(octets, fc.nat(10), calls, (content, beyond, methods) => {
        const bytes = Uint8Array.from([...content, ...new Array<number>(beyond).fill(1)])
        const reader = new Reader(bytes, 0, content.length)
        try {
          for (const method of methods) {
            reader[method]()
            expect(reader.at).toBeLessThanOrEqual(content.length)
            expect(reader.remaining).toBeGreaterThanOrEqual(0)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          const { code, at } = error as DecodeError
          expect(['short', 'bad-length', 'bad-varuint', 'bad-utf8', 'bad-timestamp']).toContain(code)
          expect(at).toBeGreaterThanOrEqual(0)
          expect(at).toBeLessThanOrEqual(content.length)
        }
      }),
      { numRuns: 20_000 },
    )
  })
})
