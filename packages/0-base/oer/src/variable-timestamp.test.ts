import { loadVectors } from '@hourglass/vectors'
import { DecodeError, type Instant } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from './utf8.ts'
import { decodeVariableTimestamp, encodeVariableTimestamp } from './variable-timestamp.ts'

interface TimestampCase {
  readonly kind: 'fixed' | 'variable'
  readonly wire: string
  readonly expect: string
}

const { cases } = loadVectors('derived/timestamps.json') as { cases: TimestampCase[] }
const variable = cases.filter(({ kind }) => kind === 'variable')

function decode(text: string): Instant {
  return decodeVariableTimestamp(encodeUtf8(text))
}

describe('a variable-length timestamp', () => {
  it.each(variable.filter((row) => row.expect.endsWith('Z')))('$wire is $expect (OER-26)', (row) => {
    expect(decode(row.wire)).toBe(Date.parse(row.expect))
  })

  it.each(variable.filter((row) => row.expect === 'error'))('$wire is refused (OER-26, X-OER)', (row) => {
    expect(() => decode(row.wire)).toThrow(DecodeError)
  })

  it.each([
    ['20170828183200Z', 0],
    ['20170828183200.5Z', 500],
    ['20170828183200.25Z', 250],
    ['20170828183200.125Z', 125],
    ['20170828183200.120Z', 120],
    ['20170828183200.000Z', 0],
  ])('%s is read: none to three decimals, zeros at the end of three (OER-28)', (text, millisecond) => {
    expect(decode(text)).toBe(Date.parse('2017-08-28T18:32:00.000Z') + millisecond)
  })

  it('with second 60 is the next minute (OER-29)', () => {
    expect(decode('20161231235960.852Z')).toBe(Date.parse('2017-01-01T00:00:00.852Z'))
    expect(() => decode('20161231235961.852Z')).toThrow(DecodeError)
  })

  it('is written with three decimals, since one peer reads no others (OER-27)', () => {
    const octets = encodeVariableTimestamp(Date.parse('2017-08-28T18:32:00.000Z'))
    expect(String.fromCharCode(...octets)).toBe('20170828183200.000Z')
  })

  it('comes back as the instant that was written', () => {
    const min = Date.parse('0001-01-01T00:00:00.000Z')
    const max = Date.parse('9999-12-31T23:59:59.999Z')
    fc.assert(
      fc.property(fc.integer({ min, max }), (instant) => {
        expect(decodeVariableTimestamp(encodeVariableTimestamp(instant))).toBe(instant)
      }),
      { numRuns: 10_000 },
    )
  })

  it('decodes any octets to an instant or refuses them with a code and an offset', () => {
    const nearly = fc
      .string({ unit: fc.constantFrom(...'0123456789.Z'.split('')), maxLength: 22 })
      .map(encodeUtf8)
    const mutated = fc
      .tuple(fc.constantFrom(...variable), fc.nat(21), fc.nat(255))
      .map(([{ wire }, at, octet]) => encodeUtf8(wire).with(at % wire.length, octet))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 24 }), nearly, mutated), (octets) => {
        try {
          expect(decodeVariableTimestamp(octets)).toBeTypeOf('number')
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          const { code, at } = error as DecodeError
          expect(code).toBe('bad-timestamp')
          expect(at).toBeGreaterThanOrEqual(0)
          expect(at).toBeLessThanOrEqual(octets.length)
        }
      }),
      { numRuns: 10_000 },
    )
  })
})
