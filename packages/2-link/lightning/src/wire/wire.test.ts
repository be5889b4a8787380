import { decodeUtf8, encodeHex } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHello, encodeHello } from './hello.ts'
import { accountReferenceOf, destinationOf, encodeReference, isReference } from './reference.ts'

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })
const nodeId = fc
  .tuple(fc.constantFrom(2, 3), octets(32))
  .map(([first, rest]) => encodeHex(Uint8Array.of(first, ...rest)))
const hello = fc.record({
  network: fc.string({ maxLength: 20 }),
  address: fc.record({ nodeId, host: fc.string({ maxLength: 60 }), port: fc.nat(65_535) }),
  destination: fc.record({ reference: octets(16), key: octets(32) }),
})

describe('the hello of Lightning peers', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(hello, (value) => {
        expect(decodeHello(encodeHello(value))).toEqual(value)
      }),
    )
  })

  it('is there, or any bytes are a DecodeError with a place in them', () => {
    const broken = fc.tuple(hello.map(encodeHello), fc.nat(), fc.nat(255)).map(([bytes, at, octet]) => {
      const copy = bytes.slice()
      copy[at % copy.length] = octet
      return copy.subarray(0, copy.length - (at % 3))
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), broken), (bytes) => {
        try {
          decodeHello(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          expect((error as DecodeError).at).toBeLessThanOrEqual(bytes.length)
        }
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('the reference of a payment', () => {
  const secret = nodeCrypto.sha256(Uint8Array.of(1))
  const ours = destinationOf('bob', secret, nodeCrypto)
  const payment = { hash: nodeCrypto.sha256(Uint8Array.of(2)), amountMsat: 5n }

  it('is accepted as it was made, and follows from account and secret', () => {
    const record = encodeReference(ours, payment, nodeCrypto)
    const again = destinationOf('bob', secret, nodeCrypto)
    expect(isReference(again, record, { payment, crypto: nodeCrypto })).toBe(true)
    expect(encodeHex(accountReferenceOf(record)!)).toBe(encodeHex(ours.reference))
  })

  it('is text, which nodes show that show no other records', () => {
    expect(decodeUtf8(encodeReference(ours, payment, nodeCrypto))).toMatch(/^[0-9a-f]{96}$/)
    expect(accountReferenceOf(Uint8Array.of(1, 2, 3))).toBeUndefined()
  })

  it('is refused for another amount, another hash, another account, and with any octet changed', () => {
    const record = encodeReference(ours, payment, nodeCrypto)
    const accepts = (destination: typeof ours, bytes: Uint8Array, other = payment): boolean =>
      isReference(destination, bytes, { payment: other, crypto: nodeCrypto })
    expect(accepts(ours, record, { ...payment, amountMsat: 6n })).toBe(false)
    expect(accepts(ours, record, { ...payment, hash: secret })).toBe(false)
    expect(accepts(destinationOf('carol', secret, nodeCrypto), record)).toBe(false)
    expect(accepts(ours, record.subarray(1))).toBe(false)
    for (let at = 0; at < record.length; at++) {
      const changed = record.slice()
      changed[at]! ^= 1
      expect(accepts(ours, changed)).toBe(false)
    }
  })
})
