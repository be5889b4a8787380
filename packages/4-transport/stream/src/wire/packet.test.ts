import { decodeBase64, decodeHex, encodeBase64 } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import { loadVectors } from '@hourglass/vectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Frame, type StreamPacket, decodeStreamPacket, encodeStreamPacket } from './packet.ts'

interface VectorFrame {
  readonly type: number
  readonly name: string
  readonly [field: string]: string | number
}

interface Vector {
  readonly name: string
  readonly buffer: string
  readonly decode_only?: boolean
  readonly packet: {
    readonly sequence: string
    readonly packetType: 12 | 13 | 14
    readonly amount: string
    readonly frames: readonly VectorFrame[]
  }
}

interface ExtraVector {
  readonly name: string
  readonly hex: string
  readonly verdict: 'accept' | 'reject' | 'lenient' | '?'
}

const NAMES: Readonly<Record<string, string>> = {
  errorCode: 'code',
  errorMessage: 'message',
  sourceAccount: 'address',
  sourceAssetCode: 'assetCode',
  sourceAssetScale: 'assetScale',
}
const TEXT = new Set(['message', 'address', 'assetCode'])
const OCTETS = new Set(['data', 'receipt'])

/** A vector's frame in our words. */
function toFrame({ type, ...fields }: VectorFrame): Frame {
  const named = Object.entries(fields).filter(([field]) => field !== 'name')
  const entries = named.map(([field, value]) => {
    const name = NAMES[field] ?? field
    if (OCTETS.has(name)) return [name, decodeBase64(String(value))]
    return [name, typeof value === 'number' || TEXT.has(name) ? value : BigInt(value)]
  })
  return { type, ...Object.fromEntries(entries) } as Frame
}

describe('STREAM packets, against the vectors of RFC 29', () => {
  const vectors = loadVectors('stream/packets.json') as readonly Vector[]

  it('are 53', () => expect(vectors).toHaveLength(53))

  it.each(vectors)('$name: STR-26, STR-28', ({ buffer, packet, decode_only: isDecodeOnly }) => {
    const expected: StreamPacket = {
      type: packet.packetType,
      sequence: BigInt(packet.sequence),
      prepareAmount: BigInt(packet.amount),
      frames: packet.frames.map(toFrame),
    }
    expect(decodeStreamPacket(decodeBase64(buffer)!)).toEqual(expected)
    if (isDecodeOnly !== true) expect(encodeBase64(encodeStreamPacket(expected))).toBe(buffer)
  })
})

describe('STREAM packets that peers might send', () => {
  const { cases } = loadVectors('derived/stream-packet-extra.json') as {
    readonly cases: readonly ExtraVector[]
  }
  const decided = cases.filter(({ verdict }) => verdict === 'accept' || verdict === 'reject')

  it.each(decided)('$name: $verdict (STR-20 … STR-27)', ({ hex, verdict }) => {
    const bytes = decodeHex(hex)!
    if (verdict === 'accept') expect(decodeStreamPacket(bytes).type).toBeTypeOf('number')
    else expect(() => decodeStreamPacket(bytes)).toThrow(DecodeError)
  })

  it('may be any bytes: they are a packet that comes back as it was, or a DecodeError', () => {
    const valid = (loadVectors('stream/packets.json') as readonly Vector[]).map(({ buffer }) =>
      decodeBase64(buffer)!,
    )
    const broken = fc.tuple(fc.constantFrom(...valid), fc.nat(), fc.nat(255)).map(([bytes, at, octet]) => {
      const copy = bytes.slice()
      copy[at % copy.length] = octet
      return copy.subarray(0, copy.length - (at % 2))
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), broken), (bytes) => {
        let packet: StreamPacket
        try {
          packet = decodeStreamPacket(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          expect((error as DecodeError).at).toBeLessThanOrEqual(bytes.length)
          return
        }
        expect(decodeStreamPacket(encodeStreamPacket(packet))).toEqual(packet)
      }),
      { numRuns: 10_000 },
    )
  })

  it('do not make a small input large: a count is no promise (OER-17)', () => {
    expect(() => decodeStreamPacket(decodeHex('010c0100010004ffffffff')!)).toThrow(DecodeError)
  })
})
