import { decodeHex, encodeHex } from '@hourglass/oer'
import { describe, expect, it } from 'vitest'
import { hopPayload, keysendPayload } from './onion.ts'

describe('the layers of an onion', () => {
  it('tell one who passes it on amount, height and channel, as BOLT 4 writes them', () => {
    const layer = hopPayload({ amountMsat: 1000n, cltv: 128, channel: '103x2x1' })
    // Length; amount to forward; height; short channel id, each with type and length, in the shortest form.
    expect(encodeHex(layer)).toBe('11' + '020203e8' + '040180' + '06080000670000020001')
  })

  it('hold for the receiver what it is to know, in the order of the types, whatever order it came in', () => {
    const preimage = new Uint8Array(32).fill(0xaa)
    const records = [
      { type: 0xffff_ffff_ffffn, value: Uint8Array.of(3) },
      { type: 65_537n, value: decodeHex('01'.repeat(253))! },
    ]
    const layer = keysendPayload({ amountMsat: 0n, cltv: 1, preimage, records })
    const content =
      '0200' +
      '040101' +
      'fe00010001' +
      'fd00fd' +
      '01'.repeat(253) +
      'ff0000000146c6616c' +
      '20' +
      'aa'.repeat(32) +
      'ff0000ffffffffffff' +
      '0103'
    expect(encodeHex(layer)).toBe(`fd${(content.length / 2).toString(16).padStart(4, '0')}${content}`)
  })
})
