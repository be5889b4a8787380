import { decodeHex, decodeUtf8, decodeUtf8Lossy, encodeHex, encodeUtf8 } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeInvoice } from '../testing/bolt11.ts'
import { decodeInvoice } from './bolt11.ts'
import { decodeHello, encodeHello } from './hello.ts'
import { decodeInboundRequest, encodeInboundRequest } from './inbound-request.ts'
import {
  decodeInvoiceAnswer,
  decodeInvoiceRequest,
  encodeInvoiceAnswer,
  encodeInvoiceRequest,
} from './invoice-request.ts'
import { destinationOf, encodeReference, isForAccount, isReference } from './reference.ts'

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
})

/** Valid messages with an octet changed or a few cut off, or any octets. */
function damaged(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const broken = fc.tuple(valid, fc.nat(), fc.nat(255)).map(([bytes, at, octet]) => {
    const copy = bytes.slice()
    copy[at % copy.length] = octet
    return copy.subarray(0, copy.length - (at % 3))
  })
  return fc.oneof(fc.uint8Array({ maxLength: 200 }), broken)
}

const request = fc.record({
  amountMsat: fc.bigInt({ min: 1n, max: 10n ** 15n }),
  givenUp: fc.option(octets(32), { nil: undefined }),
})
const invoice = fc.tuple(octets(32), request).map(([hash, { amountMsat }]) => encodeInvoice(hash, amountMsat))

describe('messages of the lightning protocol', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(request, invoice, (value, text) => {
        const { amountMsat } = value
        expect(decodeInboundRequest(encodeInboundRequest(amountMsat))).toBe(amountMsat)
        expect(decodeInvoiceRequest(encodeInvoiceRequest(value))).toEqual(value)
        expect(decodeInvoiceAnswer(encodeInvoiceAnswer(text))).toBe(text)
      }),
    )
  })

  it.each([
    ['hello', damaged(hello.map(encodeHello)), decodeHello],
    ['request', damaged(request.map(encodeInvoiceRequest)), decodeInvoiceRequest],
    [
      'inbound',
      damaged(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(encodeInboundRequest)),
      decodeInboundRequest,
    ],
    ['invoice', damaged(invoice.map(encodeInvoiceAnswer)), decodeInvoiceAnswer],
    [
      'BOLT 11',
      damaged(invoice.map(encodeUtf8)),
      (bytes: Uint8Array) => decodeInvoice(decodeUtf8Lossy(bytes)),
    ],
  ] as const)('are there, or any bytes are a DecodeError with a place in them: %s', (...row) => {
    const [, arbitrary, decode] = row
    fc.assert(
      fc.property(arbitrary, (bytes) => {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          expect((error as DecodeError).at).toBeLessThanOrEqual(bytes.length)
        }
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('an invoice', () => {
  /** BOLT 11, examples. */
  const EXAMPLE =
    'lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsy' +
    'qcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353' +
    's06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh'

  it('says its network, amount and hash: the example of BOLT 11', () => {
    expect(decodeInvoice(EXAMPLE)).toEqual({
      network: 'bitcoin',
      amountMsat: 250_000_000n,
      hash: decodeHex('0001020304050607080900010203040506070809000102030405060708090102'),
    })
  })

  it('is refused with any character changed, without an amount, or with parts of a millisatoshi', () => {
    const codeOf = (text: string): unknown => {
      try {
        decodeInvoice(text)
        return 'none'
      } catch (error) {
        return (error as DecodeError).code
      }
    }
    expect(codeOf(EXAMPLE.replace('2500u', '2501u'))).toBe('bad-checksum')
    for (const at of [20, 120, 200]) {
      expect(
        codeOf(`${EXAMPLE.slice(0, at)}${EXAMPLE[at] === 'p' ? 'q' : 'p'}${EXAMPLE.slice(at + 1)}`),
      ).toBe('bad-checksum')
    }
    expect(codeOf('lnbcrt1')).toBe('bad-checksum')
    const [hash, tenth] = [new Uint8Array(32), encodeInvoice(new Uint8Array(32), 0n)]
    expect([codeOf(tenth), codeOf(encodeInvoice(hash, 1n))]).toEqual(['bad-amount', 'none'])
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
    expect(isForAccount(record, ours.reference)).toBe(true)
  })

  it('is text, which nodes show that show no other records', () => {
    expect(decodeUtf8(encodeReference(ours, payment, nodeCrypto))).toMatch(/^[0-9a-f]{96}$/)
    expect(isForAccount(Uint8Array.of(1, 2, 3), ours.reference)).toBe(false)
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
