/**
 * Any address, any packet, and almost any packet: for property tests of whoever handles them. Layer 3, testing.
 */
import fc from 'fast-check'
import {
  AMOUNT_MAX,
  type Address,
  CONDITION_BYTES,
  ErrorCode,
  FULFILLMENT_BYTES,
  type Fulfill,
  type Packet,
  PacketType,
  type Prepare,
  type Reject,
  encodePacket,
  isAddress,
} from '../index.ts'

const SCHEMES = ['g', 'private', 'example', 'peer', 'self', 'local', 'test', 'test1', 'test2', 'test3']
const SEGMENT = /^[A-Za-z0-9_~-]{1,24}$/

/** Short ones, and now and then one of hundreds of characters. */
export const anyAddress: fc.Arbitrary<Address> = fc
  .tuple(
    fc.constantFrom(...SCHEMES),
    fc.oneof(
      { weight: 20, arbitrary: fc.array(fc.stringMatching(SEGMENT), { minLength: 1, maxLength: 5 }) },
      { weight: 1, arbitrary: fc.array(fc.stringMatching(SEGMENT), { minLength: 12, maxLength: 40 }) },
    ),
  )
  .map(([scheme, segments]) => [scheme, ...segments].join('.'))
  .filter(isAddress)

const anyAmount = fc.oneof(fc.bigInt(0n, AMOUNT_MAX), fc.bigInt(0n, 1000n), fc.constant(AMOUNT_MAX))

/** In the years 1 … 9999. */
const anyInstant = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })

const any32Octets = fc.uint8Array({ minLength: CONDITION_BYTES, maxLength: FULFILLMENT_BYTES })

/** Lengths on both sides of each form of a length determinant. */
const anyData = fc.oneof(
  { weight: 10, arbitrary: fc.uint8Array({ maxLength: 64 }) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(127, 128, 255, 256).map((length) => new Uint8Array(length).fill(7)),
  },
)

export const anyPrepare: fc.Arbitrary<Prepare> = fc.record({
  amount: anyAmount,
  expiresAt: anyInstant,
  executionCondition: any32Octets,
  destination: anyAddress,
  data: anyData,
})

export const anyFulfill: fc.Arbitrary<Fulfill> = fc.record({ fulfillment: any32Octets, data: anyData })

export const anyReject: fc.Arbitrary<Reject> = fc.record({
  code: fc.oneof(fc.constantFrom(...Object.values(ErrorCode)), fc.stringMatching(/^[ -~]{3}$/)),
  triggeredBy: fc.oneof(
    { weight: 9, arbitrary: anyAddress },
    { weight: 1, arbitrary: fc.constant('' as const) },
  ),
  message: fc.string({ unit: 'grapheme', maxLength: 60 }),
  data: anyData,
})

export const anyPacket: fc.Arbitrary<Packet> = fc.oneof(
  anyPrepare.map((prepare) => ({ type: PacketType.Prepare, ...prepare })),
  anyFulfill.map((fulfill) => ({ type: PacketType.Fulfill, ...fulfill })),
  anyReject.map((reject) => ({ type: PacketType.Reject, ...reject })),
)

/** The octets of a packet after a few of them were changed, left out, put in or cut off: most are no packet. */
export const anyMutatedPacket: fc.Arbitrary<Uint8Array> = fc
  .tuple(anyPacket, fc.array(fc.tuple(fc.nat(400), fc.nat(3), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([packet, mutations]) => {
    const octets = Array.from(encodePacket(packet))
    for (const [position, kind, octet] of mutations) {
      // Half of all changes meet the first octets, where types, lengths and fixed fields stand.
      const at = position % (octet % 2 === 0 ? octets.length + 1 : Math.min(octets.length + 1, 72))
      if (kind === 0) octets.splice(at, 1, octet)
      else if (kind === 1) octets.splice(at, 1)
      else if (kind === 2) octets.splice(at, 0, octet)
      else octets.splice(at)
    }
    return Uint8Array.from(octets)
  })

/** Octets of any kind: a few of them begin like a packet. */
export const anyOctets: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(12, 13, 14, undefined), fc.uint8Array({ maxLength: 160 }), fc.boolean())
  .map(([type, octets, fitsLength]) => {
    if (type === undefined) return octets
    return Uint8Array.of(type, ...(fitsLength && octets.length < 128 ? [octets.length] : []), ...octets)
  })
