import { loadVectors } from '@hourglass/vectors'
import { DecodeError, type Instant, UsageError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TIMESTAMP_BYTES, readTimestamp, writeTimestamp } from './timestamp.ts'
import { encodeUtf8 } from './utf8.ts'

const RUNS = { numRuns: 10_000 }
const YEAR_1 = Date.parse('0001-01-01T00:00:00.000Z')
const YEAR_9999_END = Date.parse('9999-12-31T23:59:59.999Z')
const anyInstant = fc.integer({ min: YEAR_1, max: YEAR_9999_END })

function encode(instant: Instant): string {
  const bytes = new Uint8Array(TIMESTAMP_BYTES)
  writeTimestamp(bytes, 0, instant)
  return String.fromCharCode(...bytes)
}

function decode(text: string): Instant {
  return readTimestamp(encodeUtf8(text), 0)
}

/** The same digits, by the platform's calendar. */
function digitsOf(instant: Instant): string {
  return new Date(instant).toISOString().replace(/[-T:.Z]/g, '')
}

interface TimestampCase {
  readonly kind: 'fixed' | 'variable'
  readonly wire: string
  readonly expect: string
}

const { cases } = loadVectors('derived/timestamps.json') as { cases: TimestampCase[] }
const fixed = cases.filter(({ kind }) => kind === 'fixed')

describe('a fixed-length timestamp', () => {
  it.each(fixed.filter((row) => row.expect.endsWith('Z')))('$wire is $expect (OER-20)', (row) => {
    expect(decode(row.wire)).toBe(Date.parse(row.expect))
    expect(encode(Date.parse(row.expect))).toBe(row.wire)
  })

  it.each(fixed.filter((row) => row.expect === 'error'))(
    '$wire is refused (OER-21, OER-23, X-OER3)',
    (row) => {
      expect(() => decode(row.wire)).toThrow(DecodeError)
    },
  )

  it('with second 60 is refused, the second before it is read (OER-22, X-OER2)', () => {
    expect(() => decode('20161231235960852')).toThrow(new DecodeError('bad-timestamp', 8))
    expect(decode('20161231235959852')).toBe(Date.parse('2016-12-31T23:59:59.852Z'))
  })

  it.each([
    '20170012000000000',
    '20171312000000000',
    '20170100000000000',
    '20170132000000000',
    '20170431000000000',
    '20300230000000000',
    '20290229000000000',
    '19000229000000000',
    '20170101240000000',
    '20170101006000000',
    '20170101000060000',
    '00000101000000000',
  ])('%s names no instant and is refused (OER-23)', (text) => {
    expect(() => decode(text)).toThrow(DecodeError)
  })

  it.each(['2028022900000000', '20000229000000000', '99991224161432279', '00010101000000000'])(
    '%s exists (OER-25)',
    (text) => {
      const padded = text.padEnd(TIMESTAMP_BYTES, '0')
      expect(encode(decode(padded))).toBe(padded)
    },
  )

  it('agrees with the platform’s calendar in both directions', () => {
    fc.assert(
      fc.property(anyInstant, (instant) => {
        const text = digitsOf(instant)
        expect(encode(instant)).toBe(text)
        expect(decode(text)).toBe(instant)
      }),
      RUNS,
    )
  })

  it('decodes 17 octets of any kind to an instant that encodes to them, or refuses them at an octet of theirs', () => {
    const digit = fc.constantFrom(...'0123456789'.split(''))
    const nearly = fc.oneof(
      fc.string({ unit: digit, minLength: 17, maxLength: 17 }),
      fc.tuple(anyInstant, fc.nat(16), fc.integer({ min: 0x20, max: 0x7e })).map(([instant, at, octet]) => {
        const text = digitsOf(instant)
        return text.slice(0, at) + String.fromCharCode(octet) + text.slice(at + 1)
      }),
    )
    fc.assert(
      fc.property(nearly, (text) => {
        const before = new Uint8Array(3)
        const bytes = Uint8Array.of(...before, ...encodeUtf8(text))
        try {
          expect(encode(readTimestamp(bytes, before.length))).toBe(text)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          const { code, at } = error as DecodeError
          expect(code).toBe('bad-timestamp')
          expect(at).toBeGreaterThanOrEqual(before.length)
          expect(at).toBeLessThan(bytes.length)
        }
      }),
      RUNS,
    )
  })

  it('loses what is less than a millisecond (OER-24)', () => {
    const instant = Date.parse('2017-12-24T16:14:32.279Z')
    expect(encode(instant + 0.112)).toBe('20171224161432279')
    expect(encode(-0.5)).toBe('19691231235959999')
  })

  it.each([YEAR_1 - 1, YEAR_9999_END + 1, NaN, Infinity, -Infinity])('of %d cannot be written', (instant) => {
    const bytes = new Uint8Array(TIMESTAMP_BYTES)
    expect(() => {
      writeTimestamp(bytes, 0, instant)
    }).toThrow(UsageError)
    expect(bytes).toEqual(new Uint8Array(TIMESTAMP_BYTES))
  })
})
