import { DecodeError, UsageError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ADDRESS_LENGTH_MAX, toAddress } from './address.ts'
import { DATA_BYTES_MAX } from './data.ts'
import {
  AMOUNT_MAX,
  type Prepare,
  canonicalPrepare,
  decodePrepare,
  encodePrepare,
  rewritePrepare,
} from './prepare.ts'
import { anyPrepare } from './testing/index.ts'

const EXAMPLE: Prepare = {
  amount: 107n,
  expiresAt: Date.parse('2030-01-02T03:04:05.678Z'),
  executionCondition: new Uint8Array(32).fill(0xab),
  destination: toAddress('test.a'),
  data: Uint8Array.of(1, 2, 3),
}
const octets = encodePrepare(EXAMPLE)
const LENGTH_AT = 1
const AMOUNT_AT = 2
const EXPIRES_AT = 10
const DESTINATION_AT = 59

/** The example with the octets at `at` replaced. */
function changed(at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(octets)
  copy.set(values, at)
  return copy
}

describe('a Prepare', () => {
  it.each([0n, 1n, 2n ** 53n + 1n, AMOUNT_MAX])('carries the amount %d without loss (ILP-07)', (amount) => {
    expect(decodePrepare(encodePrepare({ ...EXAMPLE, amount })).amount).toBe(amount)
  })

  it('carries at most 32 767 octets of data (ILP-11)', () => {
    const data = new Uint8Array(DATA_BYTES_MAX).fill(7)
    expect(decodePrepare(encodePrepare({ ...EXAMPLE, data })).data).toEqual(data)
    expect(() => encodePrepare({ ...EXAMPLE, data: new Uint8Array(DATA_BYTES_MAX + 1) })).toThrow(UsageError)
  })

  it('is at most 33 857 octets long, which every link carries (ILP-66)', () => {
    const destination = toAddress(`g.${'a'.repeat(ADDRESS_LENGTH_MAX - 2)}`)
    const largest = encodePrepare({ ...EXAMPLE, destination, data: new Uint8Array(DATA_BYTES_MAX) })
    expect(largest).toHaveLength(33_857)
  })

  it('with more data is refused (ILP-11)', () => {
    const data = new Uint8Array(DATA_BYTES_MAX + 1)
    const head = octets.subarray(AMOUNT_AT, octets.length - 4)
    const contents = Uint8Array.of(...head, 0x82, data.length >> 8, data.length & 0xff, ...data)
    const packet = Uint8Array.of(12, 0x82, contents.length >> 8, contents.length & 0xff, ...contents)
    expect(() => decodePrepare(packet)).toThrow(new DecodeError('long-data', 4 + head.length))
  })

  it.each([
    ['a letter', [0x78]],
    ['month 13', [0x32, 0x30, 0x33, 0x30, 0x31, 0x33]],
    ['30 February', [0x32, 0x30, 0x33, 0x30, 0x30, 0x32, 0x33, 0x30]],
    ['hour 24', [0x32, 0x30, 0x33, 0x30, 0x30, 0x31, 0x30, 0x32, 0x32, 0x34]],
  ])('that expires in %s is refused (ILP-08)', (_, digits) => {
    expect(() => decodePrepare(changed(EXPIRES_AT, ...digits))).toThrow(
      expect.objectContaining({ code: 'bad-timestamp' }),
    )
  })

  it('to an invalid or empty address is refused (ILP-10, ADDR-08, ADDR-09)', () => {
    expect(() => decodePrepare(changed(DESTINATION_AT + 6, 0xf0))).toThrow(
      new DecodeError('bad-address', DESTINATION_AT + 1),
    )
    const empty = changed(DESTINATION_AT, 0)
    expect(() => decodePrepare(empty)).toThrow(new DecodeError('bad-address', DESTINATION_AT + 1))
  })

  it('is decoded without a copy: condition and data are views', () => {
    const packet = Uint8Array.from(octets)
    const { executionCondition, data } = decodePrepare(packet)
    packet.fill(9)
    expect(executionCondition).toEqual(new Uint8Array(32).fill(9))
    expect(data).toEqual(Uint8Array.of(9, 9, 9))
  })

  it.each([
    ['amount below zero', { amount: -1n }],
    ['amount above 2^64-1', { amount: AMOUNT_MAX + 1n }],
    ['expiry that is no number', { expiresAt: NaN }],
    ['execution condition of 31 octets', { executionCondition: new Uint8Array(31) }],
  ])('with an %s cannot be encoded', (_, field) => {
    expect(() => encodePrepare({ ...EXAMPLE, ...field })).toThrow(UsageError)
  })
})

describe('a length that is not canonical', () => {
  it.each([
    ['the contents', [12, 0x81, octets[LENGTH_AT]!, ...octets.subarray(AMOUNT_AT)]],
    ['the contents', [12, 0x82, 0, octets[LENGTH_AT]!, ...octets.subarray(AMOUNT_AT)]],
    ['the data', [12, octets[LENGTH_AT]! + 1, ...octets.subarray(AMOUNT_AT, -4), 0x81, 3, ...EXAMPLE.data]],
  ])('of %s is refused (ILP-04, X-OER7)', (_, values) => {
    expect(() => decodePrepare(Uint8Array.from(values))).toThrow(
      expect.objectContaining({ code: 'bad-length' }),
    )
  })
})

describe('what trails', () => {
  const outer = Uint8Array.of(...octets, 0xff, 0xee)
  const inner = Uint8Array.of(12, octets[LENGTH_AT]! + 1, ...octets.subarray(AMOUNT_AT), 0xff)
  const both = Uint8Array.of(...inner, 0xee)

  it.each([
    ['the contents', outer],
    ['the last field', inner],
    ['both', both],
  ])('%s is ignored, and does not go on (ILP-05, ILP-06, OER-19, X-OER6)', (_, packet) => {
    const prepare = decodePrepare(packet)
    expect(prepare).toEqual(EXAMPLE)
    expect(canonicalPrepare(packet, prepare)).toEqual(octets)
    expect(canonicalPrepare(octets, decodePrepare(octets))).toBe(octets)
  })

  it('need not be in the same buffer position: views into larger buffers work alike', () => {
    const larger = new Uint8Array(500)
    larger.set(outer, 100)
    const packet = larger.subarray(100, 100 + outer.length)
    expect(canonicalPrepare(packet, decodePrepare(packet))).toEqual(octets)
  })

  it('cannot be told by data of another packet', () => {
    expect(() => canonicalPrepare(octets, EXAMPLE)).toThrow(UsageError)
  })
})

describe('rewritePrepare', () => {
  it('changes amount and expiry and no other octet (ILP-18, ILP-67)', () => {
    fc.assert(
      fc.property(anyPrepare, anyPrepare, (prepare, { amount, expiresAt }) => {
        const packet = encodePrepare(prepare)
        rewritePrepare(packet, amount, expiresAt)
        expect(packet).toEqual(encodePrepare({ ...prepare, amount, expiresAt }))
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    [AMOUNT_MAX + 1n, 0],
    [-1n, 0],
    [1n, NaN],
    [1n, Date.parse('9999-12-31T23:59:59.999Z') + 1],
  ])('leaves the packet as it was where %d or %d is out of range', (amount, expiresAt) => {
    const packet = Uint8Array.from(octets)
    expect(() => {
      rewritePrepare(packet, amount, expiresAt)
    }).toThrow(UsageError)
    expect(packet).toEqual(octets)
  })
})
