import { loadVectors } from '@hourglass/vectors'
import { UsageError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeHex } from './hex.ts'
import { Reader } from './reader.ts'
import { UINT64_MAX } from './uint.ts'
import { Writer } from './writer.ts'

interface WriteCase {
  readonly op: string
  readonly value: string
  readonly expectHex: string
}

const { cases } = loadVectors('derived/oer.json') as { cases: WriteCase[] }

const OPERATIONS: Record<string, (writer: Writer, value: string) => Writer> = {
  writeVarUInt: (writer, value) => writer.varUint(BigInt(value)),
  writeUInt8: (writer, value) => writer.uint8(Number(value)),
}

/** A field: how it is written and how it is read again. */
interface Field {
  readonly value: unknown
  write(writer: Writer): Writer
  read(reader: Reader): unknown
}

const anyField: fc.Arbitrary<Field> = fc.oneof(
  fc
    .nat(0xff)
    .map((value) => ({ value, write: (w: Writer) => w.uint8(value), read: (r: Reader) => r.uint8() })),
  fc
    .nat(0xffff)
    .map((value) => ({ value, write: (w: Writer) => w.uint16(value), read: (r: Reader) => r.uint16() })),
  fc
    .nat(0xffff_ffff)
    .map((value) => ({ value, write: (w: Writer) => w.uint32(value), read: (r: Reader) => r.uint32() })),
  fc
    .bigInt(0n, UINT64_MAX)
    .map((value) => ({ value, write: (w: Writer) => w.uint64(value), read: (r: Reader) => r.uint64() })),
  fc
    .bigInt(0n, UINT64_MAX)
    .map((value) => ({ value, write: (w: Writer) => w.varUint(value), read: (r: Reader) => r.varUint() })),
  fc.nat(4e12).map((value) => ({
    value,
    write: (w: Writer) => w.timestamp(value),
    read: (r: Reader) => r.timestamp(),
  })),
  fc
    .string({ unit: 'grapheme' })
    .map((value) => ({ value, write: (w: Writer) => w.text(value), read: (r: Reader) => r.text() })),
  fc
    .uint8Array({ maxLength: 300 })
    .map((value) => ({ value, write: (w: Writer) => w.octets(value), read: (r: Reader) => r.octets() })),
  fc.uint8Array({ maxLength: 300 }).map((value) => ({
    value,
    write(w: Writer) {
      const start = w.begin()
      return w.bytes(value).end(start)
    },
    read: (r: Reader) => r.octets(),
  })),
  fc.uint8Array({ maxLength: 40 }).map((value) => ({
    value,
    write: (w: Writer) => w.bytes(value),
    read: (r: Reader) => r.take(value.length),
  })),
)

describe('a writer', () => {
  it.each(cases.filter(({ op }) => op.startsWith('write')))(
    '$op of $value gives $expectHex (OER-01, OER-11)',
    (row) => {
      expect(encodeHex(OPERATIONS[row.op]!(new Writer(), row.value).finish())).toBe(row.expectHex)
    },
  )

  it('writes zero as one octet (OER-11, OER-16)', () => {
    expect(encodeHex(new Writer().varUint(0n).finish())).toBe('0100')
  })

  it('writes an empty octet string as one octet (OER-10)', () => {
    expect(encodeHex(new Writer().octets(new Uint8Array(0)).finish())).toBe('00')
  })

  it('writes fixed-length octets without a length (OER-02, OER-03)', () => {
    expect(new Writer().bytes(new Uint8Array(32)).length).toBe(32)
  })

  it('writes any fields so that a reader reads them again, however small it began (OER-31)', () => {
    fc.assert(
      fc.property(fc.array(anyField, { maxLength: 12 }), fc.nat(64), (fields, capacity) => {
        const writer = new Writer(capacity)
        for (const field of fields) field.write(writer)
        const bytes = writer.finish()
        expect(bytes.length).toBe(writer.length)
        const reader = new Reader(bytes)
        for (const field of fields) expect(field.read(reader)).toEqual(field.value)
        expect(reader.remaining).toBe(0)
      }),
      { numRuns: 5000 },
    )
  })

  it('refuses numbers that its fields do not hold', () => {
    const writer = new Writer()
    for (const value of [-1, 256, 1.5, NaN]) expect(() => writer.uint8(value)).toThrow(UsageError)
    for (const value of [-1, 65_536]) expect(() => writer.uint16(value)).toThrow(UsageError)
    for (const value of [-1, 2 ** 32]) expect(() => writer.uint32(value)).toThrow(UsageError)
    for (const value of [-1n, 2n ** 64n]) {
      expect(() => writer.uint64(value)).toThrow(UsageError)
      expect(() => writer.varUint(value)).toThrow(UsageError)
    }
    expect(writer.length).toBe(0)
  })
})
