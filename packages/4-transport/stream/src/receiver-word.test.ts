import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { Hearing } from './receiver-word.ts'
import { encodeReceipt } from './wire/receipt.ts'

const receipt = (totalReceived: bigint): Uint8Array =>
  encodeReceipt({ nonce: new Uint8Array(16), streamId: 1, totalReceived }, new Uint8Array(32), nodeCrypto)

describe('what a receiver says of a payment', () => {
  it('is the highest of what it said of the stream, in any order: STR-65, STR-66', () => {
    const hearing = new Hearing()
    hearing.learn([{ type: 0x12, streamId: 1n, receiveMax: 100n, totalReceived: 70n }])
    hearing.learn([{ type: 0x12, streamId: 1n, receiveMax: 90n, totalReceived: 60n }])
    hearing.learn([{ type: 0x12, streamId: 3n, receiveMax: 900n, totalReceived: 800n }])
    expect(hearing.word).toMatchObject({ received: 70n, receiveMax: 100n, closed: undefined })
  })

  it('is why it ended: the first reason counts', () => {
    const hearing = new Hearing()
    hearing.learn([{ type: 0x10, streamId: 1n, code: 9, message: 'enough' }])
    hearing.learn([{ type: 0x01, code: 1, message: '' }])
    expect(hearing.word.closed).toEqual({ code: 9, message: 'enough' })
  })

  it('holds the best receipt, and one that nobody here can read: RCPT-14, RCPT-15', () => {
    const hearing = new Hearing()
    expect(hearing.learn([{ type: 0x17, streamId: 1n, receipt: receipt(5n) }])).toEqual(receipt(5n))
    expect(hearing.learn([{ type: 0x17, streamId: 1n, receipt: receipt(4n) }])).toBeUndefined()
    expect(hearing.word.receipt).toEqual(receipt(5n))
    const unknown = Uint8Array.of(2, 0)
    expect(hearing.learn([{ type: 0x17, streamId: 1n, receipt: unknown }])).toEqual(unknown)
  })
})
