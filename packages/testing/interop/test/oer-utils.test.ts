/**
 * `@hourglass/oer` and the field's own codec, oer-utils, in both directions. What they answer differently is
 * named; everything else is the same.
 */
import { Reader, UINT64_MAX, Writer, octetsBytes } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import fc from 'fast-check'
import { Predictor, Reader as PeerReader, Writer as PeerWriter } from 'oer-utils'
import { describe, expect, it } from 'vitest'

const RUNS = { numRuns: 10_000 }

/** A field in both codecs: read as text, so that values can be compared. */
interface Field {
  readonly read: (reader: Reader) => string
  readonly peerRead: (reader: PeerReader) => string
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

const FIELDS = {
  uint8: { read: (r) => String(r.uint8()), peerRead: (r) => r.readUInt8() },
  uint16: { read: (r) => String(r.uint16()), peerRead: (r) => r.readUInt16() },
  uint32: { read: (r) => String(r.uint32()), peerRead: (r) => r.readUInt32() },
  uint64: { read: (r) => String(r.uint64()), peerRead: (r) => r.readUInt64() },
  varUint: { read: (r) => String(r.varUint()), peerRead: (r) => r.readVarUInt() },
  octets: { read: (r) => hex(r.octets()), peerRead: (r) => hex(r.readVarOctetString()) },
  take: { read: (r) => hex(r.take(3)), peerRead: (r) => hex(r.read(3)) },
} satisfies Record<string, Field>

type FieldName = keyof typeof FIELDS
const anyFieldName = fc.constantFrom(...(Object.keys(FIELDS) as FieldName[]))

/** A field's value and how both write it. */
interface Write {
  readonly name: FieldName
  readonly value: string
  readonly write: (writer: Writer) => unknown
  readonly peerWrite: (writer: PeerWriter) => unknown
}

interface Uint {
  readonly name: FieldName
  readonly max: bigint
  readonly write: (writer: Writer, value: bigint) => unknown
  readonly peerWrite: (writer: PeerWriter, value: string) => unknown
}

const anyUint = ({ name, max, write, peerWrite }: Uint): fc.Arbitrary<Write> =>
  fc.oneof(fc.bigInt(0n, max), fc.constantFrom(0n, 127n, 128n, 255n, max)).map((value) => ({
    name,
    value: String(value),
    write: (writer) => write(writer, value),
    peerWrite: (writer) => peerWrite(writer, String(value)),
  }))

const anyOctets = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(127, 128, 255, 256, 65_535, 65_536).map((length) => new Uint8Array(length)),
  },
)

const octetString = (octets: Uint8Array): Write => ({
  name: 'octets',
  value: hex(octets),
  write: (writer) => writer.octets(octets),
  peerWrite: (writer) => writer.writeVarOctetString(Buffer.from(octets)),
})

const fixedOctets = (octets: Uint8Array): Write => ({
  name: 'take',
  value: hex(octets),
  write: (writer) => writer.bytes(octets),
  peerWrite: (writer) => writer.write(Buffer.from(octets)),
})

const anyWrite: fc.Arbitrary<Write> = fc.oneof(
  anyUint({
    name: 'uint8',
    max: 0xffn,
    write: (w, v) => w.uint8(Number(v)),
    peerWrite: (w, v) => w.writeUInt8(v),
  }),
  anyUint({
    name: 'uint16',
    max: 0xffffn,
    write: (w, v) => w.uint16(Number(v)),
    peerWrite: (w, v) => w.writeUInt16(v),
  }),
  anyUint({
    name: 'uint32',
    max: 0xffff_ffffn,
    write: (w, v) => w.uint32(Number(v)),
    peerWrite: (w, v) => w.writeUInt32(v),
  }),
  anyUint({
    name: 'uint64',
    max: UINT64_MAX,
    write: (w, v) => w.uint64(v),
    peerWrite: (w, v) => w.writeUInt64(v),
  }),
  anyUint({
    name: 'varUint',
    max: UINT64_MAX,
    write: (w, v) => w.varUint(v),
    peerWrite: (w, v) => w.writeVarUInt(v),
  }),
  anyOctets.map(octetString),
  fc.uint8Array({ minLength: 3, maxLength: 3 }).map(fixedOctets),
)

function attempt<T>(read: () => T): T | Error {
  try {
    return read()
  } catch (error) {
    return error as Error
  }
}

/**
 * Whether the two may differ on what begins at `at`: oer-utils reads a length of five or six octets that begins
 * with zeros, and we an integer of more than eight octets that does (X-OER7, OER-13).
 */
function mayDiffer(bytes: Uint8Array, at: number, name: FieldName): boolean {
  const first = bytes[at] ?? 0
  if (first === 0x85 || first === 0x86) return true
  return name === 'varUint' && first > 8
}

describe('interop: oer-utils as reader and writer of our octets', () => {
  it('writes the same octets, and each reads what the other wrote (OER-01 … OER-12, X-OER4, X-OER5)', () => {
    fc.assert(
      fc.property(fc.array(anyWrite, { maxLength: 8 }), (writes) => {
        const writer = new Writer()
        const peerWriter = new PeerWriter()
        for (const { write, peerWrite } of writes) {
          write(writer)
          peerWrite(peerWriter)
        }
        const bytes = writer.finish()
        const peerBytes = peerWriter.getBuffer()
        expect(hex(bytes)).toBe(hex(peerBytes))
        const reader = new Reader(peerBytes)
        const peerReader = new PeerReader(Buffer.from(bytes))
        for (const { name, value } of writes) {
          expect(FIELDS[name].read(reader)).toBe(value)
          expect(FIELDS[name].peerRead(peerReader)).toBe(value)
        }
      }),
      RUNS,
    )
  })

  it('reads the same from any octets, and refuses the same, but for the named differences', () => {
    const anyBytes = fc.array(
      fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 8, 9, 0x7f, 0x80, 0x81, 0x82, 0x85)),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(anyBytes, fc.array(anyFieldName, { minLength: 1, maxLength: 6 }), (octets, names) => {
        const bytes = Uint8Array.from(octets)
        const reader = new Reader(bytes)
        const peerReader = new PeerReader(Buffer.from(bytes))
        for (const name of names) {
          const at = reader.at
          const ours = attempt(() => FIELDS[name].read(reader))
          const theirs = attempt(() => FIELDS[name].peerRead(peerReader))
          if (ours instanceof Error || theirs instanceof Error) {
            if (ours instanceof Error) expect(ours).toBeInstanceOf(DecodeError)
            if (!(ours instanceof Error && theirs instanceof Error))
              expect(mayDiffer(bytes, at, name)).toBe(true)
            return
          }
          expect(ours).toBe(theirs)
          expect(reader.at).toBe(peerReader.cursor)
        }
      }),
      { numRuns: 20_000 },
    )
  })

  it('predicts the same length of an octet string (OER-04 … OER-06)', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(300), fc.nat(70_000), fc.nat(20_000_000)), (length) => {
        expect(octetsBytes(length)).toBe(Predictor.measureVarOctetString(length))
      }),
      RUNS,
    )
  })
})
