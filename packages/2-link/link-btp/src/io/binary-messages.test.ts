import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeMessages, messageBytes } from './binary-messages.ts'

/** Payloads and masks of messages, read by RFC 6455 §5.2. */
function readMessages(bytes: Uint8Array): { payload: Uint8Array; mask: Uint8Array | undefined }[] {
  const messages: ReturnType<typeof readMessages> = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at < bytes.length;) {
    expect(view.getUint8(at)).toBe(0x82)
    const second = view.getUint8(at + 1)
    const isLong = (second & 0x7f) === 126
    const length = isLong ? view.getUint16(at + 2) : second & 0x7f
    at += isLong ? 4 : 2
    const mask = second >= 0x80 ? bytes.slice(at, at + 4) : undefined
    at += mask?.length ?? 0
    messages.push({
      payload: bytes.slice(at, at + length).map((octet, i) => octet ^ (mask?.[i % 4] ?? 0)),
      mask,
    })
    at += length
  }
  return messages
}

function encode(payloads: readonly Uint8Array[], masked: boolean): Uint8Array {
  const bytes = payloads.reduce((sum, { length }) => sum + messageBytes(length, masked), 0)
  return new Uint8Array(encodeMessages(payloads, bytes, masked))
}

describe('encodeMessages', () => {
  it('writes messages that are read as they were, one behind the other', () => {
    const payload = fc.oneof(fc.uint8Array({ minLength: 120, maxLength: 130, size: 'max' }), fc.uint8Array())
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 5 }), fc.boolean(), (payloads, masked) => {
        expect(readMessages(encode(payloads, masked)).map((message) => message.payload)).toEqual(payloads)
      }),
    )
  })

  it.each([0, 125, 126, 65_535])('writes a payload of %i octets', (length) => {
    const payload = new Uint8Array(length).fill(5)
    for (const masked of [false, true]) {
      expect(readMessages(encode([payload], masked)).map((message) => message.payload)).toEqual([payload])
    }
  })

  it('masks each message of a client anew, and none of a server', () => {
    const payloads = Array.from({ length: 5000 }, () => Uint8Array.of(1, 2, 3))
    const masks = readMessages(encode(payloads, true)).map(({ mask }) => String(mask))
    expect(new Set(masks).size).toBeGreaterThan(4990)
    expect(readMessages(encode(payloads, false)).every(({ mask }) => mask === undefined)).toBe(true)
  })
})
