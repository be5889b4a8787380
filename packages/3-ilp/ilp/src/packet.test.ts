import { decodeHex, encodeHex } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import { loadVectors } from '@hourglass/vectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAmountTooLarge } from './amount-too-large.ts'
import { PacketType, canonicalPacket } from './envelope.ts'
import { decodeFulfill } from './fulfill.ts'
import { type Packet, decodePacket, decodeReply, encodePacket, encodeReply } from './packet.ts'
import { decodePrepare } from './prepare.ts'
import { decodeReject } from './reject.ts'
import { anyMutatedPacket, anyOctets, anyPacket } from './testing/index.ts'

interface PacketCase {
  readonly name: string
  readonly hex: string
  readonly verdict: 'accept' | 'reject' | 'lenient'
  readonly why: string
  readonly decoded?: Record<string, string | number>
}

const { cases } = loadVectors('derived/ilp-packet.json') as { cases: PacketCase[] }

/** The fields of a packet as the vectors write them. */
function describePacket(packet: Packet): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(packet).map(([name, value]: [string, unknown]) => {
      if (name === 'expiresAt') return [name, new Date(value as number).toISOString()]
      if (value instanceof Uint8Array) return [name, encodeHex(value)]
      return [name, typeof value === 'bigint' ? String(value) : (value as string | number)]
    }),
  )
}

describe('the derived vectors', () => {
  it.each(cases.filter(({ verdict }) => verdict === 'accept'))(
    '$name decodes and encodes to the same octets (ILP-01 … ILP-03, OER-31)',
    ({ hex, decoded }) => {
      const octets = decodeHex(hex)!
      const packet = decodePacket(octets)
      expect(describePacket(packet)).toEqual(decoded)
      expect(encodeHex(encodePacket(packet))).toBe(hex)
      expect(canonicalPacket(octets, packet)).toBe(octets)
    },
  )

  it.each(cases.filter(({ verdict }) => verdict === 'reject'))(
    '$name is refused: $why (ILP-01, ILP-02, ILP-08, ILP-10)',
    ({ hex }) => {
      expect(() => decodePacket(decodeHex(hex)!)).toThrow(DecodeError)
    },
  )

  it.each(cases.filter(({ verdict }) => verdict === 'lenient'))(
    '$name is read or refused, and never goes on as it came (ILP-04, ILP-06, X-OER6, X-OER7)',
    ({ hex }) => {
      const octets = decodeHex(hex)!
      let packet: Packet
      try {
        packet = decodePacket(octets)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
        return
      }
      expect(canonicalPacket(octets, packet)).toEqual(encodePacket(packet))
      expect(encodeHex(encodePacket(packet))).not.toBe(hex)
    },
  )

  it('say which numbers F08 carries (ILP-44)', () => {
    const amounts = cases
      .filter(({ decoded }) => decoded?.['code'] === 'F08')
      .map(({ hex }) => decodeAmountTooLarge(decodeReject(decodeHex(hex)!).data))
    for (const amount of amounts) expect(amount).toBeDefined()
  })
})

describe('the vectors of ilp-packet', () => {
  interface PeerVector {
    readonly binary: string
    readonly json: Record<string, string>
  }
  const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64')

  it.each(['prepare', 'fulfill', 'reject'])('%s decodes and encodes to the same octets', (name) => {
    const { binary, json } = loadVectors(`ilp-packet/${name}.json`) as PeerVector
    const packet = decodePacket(decodeHex(binary)!)
    const fields = Object.entries(packet)
      .filter(([field]) => field !== 'type')
      .map(([field, value]: [string, unknown]) => {
        if (field === 'expiresAt') return [field, new Date(value as number).toISOString()]
        return [field, value instanceof Uint8Array ? base64(value) : String(value)]
      })
    expect(Object.fromEntries(fields)).toEqual(json)
    expect(encodeHex(encodePacket(packet))).toBe(binary)
  })
})

describe('any packet', () => {
  it('decodes to what was encoded, and encodes to the same octets again (OER-31)', () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        const octets = encodePacket(packet)
        const decoded = decodePacket(octets)
        expect(decoded).toEqual(packet)
        expect(encodePacket(decoded)).toEqual(octets)
        expect(canonicalPacket(octets, decoded)).toBe(octets)
      }),
      { numRuns: 2000 },
    )
  })

  it('of another type is refused (ILP-01)', () => {
    for (let type = 0; type < 0x100; type++) {
      if (type === PacketType.Prepare || type === PacketType.Fulfill || type === PacketType.Reject) continue
      for (const decode of [decodePacket, decodeReply, decodePrepare, decodeFulfill, decodeReject]) {
        expect(() => decode(Uint8Array.of(type, 1, 0))).toThrow(new DecodeError('bad-type', 0))
      }
    }
  })

  it('cut off anywhere is refused (ILP-02)', () => {
    fc.assert(
      fc.property(anyPacket, fc.double({ min: 0, max: 1, maxExcluded: true }), (packet, part) => {
        const octets = encodePacket(packet)
        const cut = octets.subarray(0, Math.floor(octets.length * part))
        expect(() => decodePacket(cut)).toThrow(DecodeError)
      }),
      { numRuns: 2000 },
    )
  })

  it('that claims to be as long as memory fails at its length (ILP-65)', () => {
    for (const type of Object.values(PacketType)) {
      const octets = Uint8Array.of(type, 0x84, 0xff, 0xff, 0xff, 0xff, 1, 2, 3)
      expect(() => decodePacket(octets)).toThrow(new DecodeError('short', 6))
    }
  })
})

describe('a reply', () => {
  it('is a Fulfill or a Reject', () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        const octets = encodePacket(packet)
        if (packet.type === PacketType.Prepare) {
          expect(() => decodeReply(octets)).toThrow(new DecodeError('bad-type', 0))
        } else {
          expect(decodeReply(octets)).toEqual(packet)
          expect(encodeReply(packet)).toEqual(octets)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('any octets', () => {
  const DECODERS = { decodePacket, decodeReply, decodePrepare, decodeFulfill, decodeReject }
  const CODES = [
    'short',
    'bad-length',
    'bad-timestamp',
    'bad-type',
    'bad-address',
    'bad-error-code',
    'long-data',
  ]

  it.each(Object.entries(DECODERS))(
    'in %s give a value or a DecodeError with code and offset, nothing else',
    (_, decode) => {
      fc.assert(
        fc.property(fc.oneof(anyOctets, anyMutatedPacket), (octets) => {
          try {
            decode(octets)
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
            const { code, at } = error as DecodeError
            expect(CODES).toContain(code)
            expect(at).toBeGreaterThanOrEqual(0)
            expect(at).toBeLessThanOrEqual(octets.length)
          }
        }),
        { numRuns: 10_000 },
      )
    },
  )

  it('that are read go on as a packet that says the same and that nothing trails (ILP-03, ILP-06)', () => {
    fc.assert(
      fc.property(fc.oneof(anyOctets, anyMutatedPacket), (octets) => {
        let packet: Packet
        try {
          packet = decodePacket(octets)
        } catch {
          return
        }
        const canonical = canonicalPacket(octets, packet)
        const again = decodePacket(canonical)
        expect(again).toEqual(packet)
        expect(canonicalPacket(canonical, again)).toBe(canonical)
        // A message that is no UTF-8 goes on as it came, so that its octets are not those of an encoder.
        if (packet.type === PacketType.Reject && packet.message.includes('\ufffd')) return
        expect(canonical).toEqual(encodePacket(packet))
      }),
      { numRuns: 10_000 },
    )
  })
})
