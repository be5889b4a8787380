import { describe, expect, it } from 'vitest'
import { lengthBytes, octetsBytes, writeLength, writeOctets } from './length.ts'

function encodeLength(length: number): number[] {
  const bytes = new Uint8Array(8)
  return Array.from(bytes.subarray(0, writeLength(bytes, 0, length)))
}

describe('a length determinant', () => {
  it.each([
    [0, [0x00]],
    [1, [0x01]],
    [127, [0x7f]],
  ])('of %i is one octet, the length itself (OER-04, OER-06, X-OER4)', (length, octets) => {
    expect(encodeLength(length)).toEqual(octets)
  })

  it.each([
    [128, [0x81, 0x80]],
    [255, [0x81, 0xff]],
    [256, [0x82, 0x01, 0x00]],
    [65_535, [0x82, 0xff, 0xff]],
    [65_536, [0x83, 0x01, 0x00, 0x00]],
    [0xff_ffff, [0x83, 0xff, 0xff, 0xff]],
    [0x100_0000, [0x84, 0x01, 0x00, 0x00, 0x00]],
    [0xffff_ffff, [0x84, 0xff, 0xff, 0xff, 0xff]],
  ])('of %i is counted octets without a leading zero (OER-05)', (length, octets) => {
    expect(encodeLength(length)).toEqual(octets)
  })

  it('takes as many octets as lengthBytes says', () => {
    for (const length of [0, 127, 128, 255, 256, 65_535, 65_536, 0xff_ffff, 0x100_0000, 0xffff_ffff]) {
      expect(encodeLength(length)).toHaveLength(lengthBytes(length))
    }
  })

  it('stands in front of an octet string (OER-10)', () => {
    const bytes = new Uint8Array(octetsBytes(2) + 1)
    expect(writeOctets(bytes, 1, Uint8Array.of(7, 8))).toBe(bytes.length)
    expect(Array.from(bytes)).toEqual([0, 2, 7, 8])
  })
})
