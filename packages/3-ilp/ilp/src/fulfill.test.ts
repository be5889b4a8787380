import { DecodeError, UsageError } from '@hourglass/sansio'
import { describe, expect, it } from 'vitest'
import { DATA_BYTES_MAX } from './data.ts'
import { canonicalPacket } from './envelope.ts'
import { decodeFulfill, encodeFulfill } from './fulfill.ts'

const EXAMPLE = { fulfillment: new Uint8Array(32).fill(5), data: Uint8Array.of(1, 2) }
const octets = encodeFulfill(EXAMPLE)

describe('a Fulfill', () => {
  it('is 32 octets and data (ILP-12)', () => {
    expect(Array.from(octets)).toEqual([13, 35, ...EXAMPLE.fulfillment, 2, 1, 2])
    expect(decodeFulfill(octets)).toEqual(EXAMPLE)
  })

  it('with a short body is refused (ILP-12)', () => {
    expect(() => decodeFulfill(Uint8Array.of(13, 31, ...new Uint8Array(31)))).toThrow(
      new DecodeError('short', 2),
    )
    expect(() => decodeFulfill(Uint8Array.of(13, 32, ...new Uint8Array(32)))).toThrow(
      new DecodeError('short', 34),
    )
  })

  it('carries at most 32 767 octets of data (ILP-12)', () => {
    const data = new Uint8Array(DATA_BYTES_MAX)
    expect(decodeFulfill(encodeFulfill({ ...EXAMPLE, data })).data).toEqual(data)
    expect(() => encodeFulfill({ ...EXAMPLE, data: new Uint8Array(DATA_BYTES_MAX + 1) })).toThrow(UsageError)
    expect(() => encodeFulfill({ ...EXAMPLE, fulfillment: new Uint8Array(33) })).toThrow(UsageError)
  })

  it('goes on without what trails it, all else unchanged (ILP-06, ILP-19)', () => {
    const packet = Uint8Array.of(13, 37, ...octets.subarray(2), 0xff, 0xff, 0xee)
    expect(canonicalPacket(packet, decodeFulfill(packet))).toEqual(octets)
  })
})
