import { encodeUtf8 } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import { describe, expect, it } from 'vitest'
import { toAddress } from './address.ts'
import { DATA_BYTES_MAX } from './data.ts'
import { canonicalPacket } from './envelope.ts'
import { ErrorCode } from './error-code.ts'
import { MESSAGE_BYTES_MAX, type Reject, decodeReject, encodeReject } from './reject.ts'

const EXAMPLE: Reject = {
  code: ErrorCode.F02_UNREACHABLE,
  triggeredBy: toAddress('test.b'),
  message: 'no route',
  data: Uint8Array.of(1, 2),
}

/** A Reject of raw fields. */
function packetOf(code: string, triggeredBy: string, message: Uint8Array, ...rest: number[]): Uint8Array {
  const contents = [
    ...Buffer.from(code, 'latin1'),
    triggeredBy.length,
    ...Buffer.from(triggeredBy, 'latin1'),
    message.length,
    ...message,
    ...rest,
  ]
  return Uint8Array.of(14, contents.length, ...contents)
}

const TEXT = encodeUtf8('no route')

describe('a Reject', () => {
  it('is code, triggeredBy, message and data', () => {
    const octets = packetOf('F02', 'test.b', TEXT, 2, 1, 2)
    expect(encodeReject(EXAMPLE)).toEqual(octets)
    expect(decodeReject(octets)).toEqual(EXAMPLE)
  })

  it.each(['F0', 'F000', '', 'F0é', 'F0\n'])('has no code like %j (ILP-13)', (code) => {
    expect(() => encodeReject({ ...EXAMPLE, code })).toThrow(UsageError)
  })

  it.each(['\xff\xff\xff', 'tw\xff', 'F0\x7f', 'F0\0'])('with the code %j is refused (ILP-13)', (code) => {
    expect(() => decodeReject(packetOf(code, 'test.b', TEXT, 0))).toThrow(
      new DecodeError('bad-error-code', 2),
    )
  })

  it('may have a code that nobody knows (ILP-62)', () => {
    expect(decodeReject(packetOf('X42', 'test.b', TEXT, 0)).code).toBe('X42')
  })

  it('may name nobody (ILP-15, X-ADDR3)', () => {
    expect(decodeReject(packetOf('F02', '', TEXT, 0)).triggeredBy).toBe('')
  })

  it('that names what is no address is refused (ILP-14)', () => {
    expect(() => decodeReject(packetOf('F02', 'unknown', TEXT, 0))).toThrow(new DecodeError('bad-address', 6))
  })

  it('with a message that is no UTF-8 is read, and goes on octet for octet (ILP-16, ILP-17, ILP-19)', () => {
    const message = Uint8Array.of(0x61, 0xff, 0xc3, 0x62)
    const octets = packetOf('F02', 'test.b', message, 2, 1, 2)
    const reject = decodeReject(octets)
    expect(reject).toEqual({ ...EXAMPLE, message: 'a\ufffd\ufffdb' })
    expect(canonicalPacket(octets, reject)).toBe(octets)
    const trailed = packetOf('F02', 'test.b', message, 2, 1, 2, 0xee)
    expect(canonicalPacket(trailed, decodeReject(trailed))).toEqual(octets)
  })

  it('sends messages of at most 8191 octets (ILP-16)', () => {
    const longest = `${'€'.repeat(2730)}a`
    expect(encodeUtf8(longest)).toHaveLength(MESSAGE_BYTES_MAX)
    expect(decodeReject(encodeReject({ ...EXAMPLE, message: longest })).message).toBe(longest)
    expect(() => encodeReject({ ...EXAMPLE, message: `${longest}a` })).toThrow(UsageError)
  })

  it('carries at most 32 767 octets of data (ILP-17)', () => {
    const data = new Uint8Array(DATA_BYTES_MAX)
    expect(decodeReject(encodeReject({ ...EXAMPLE, data })).data).toEqual(data)
    expect(() => encodeReject({ ...EXAMPLE, data: new Uint8Array(DATA_BYTES_MAX + 1) })).toThrow(UsageError)
  })
})
