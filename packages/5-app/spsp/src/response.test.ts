import { type Address, toAddress } from '@hourglass/ilp'
import { DecodeError, UsageError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SPSP_BODY_BYTES_MAX, decodeSpspDetails, encodeSpspDetails } from './response.ts'

const destinationAccount: Address = toAddress('g.alice.token')
/** Bytes whose base64 needs both letters that base64url has not, and padding. */
const sharedSecret = Uint8Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? 0xfb : 0xff))

function body(fields: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(fields))
}

function codeOf(bytes: Uint8Array): string {
  try {
    decodeSpspDetails(bytes)
    return 'accepted'
  } catch (error) {
    if (error instanceof DecodeError) return String(error.code)
    throw error
  }
}

describe('SPSP details', () => {
  it('SPSP-04, SPSP-05, SPSP-33: are strict JSON with the secret in padded standard base64', () => {
    const text = Buffer.from(encodeSpspDetails({ destinationAccount, sharedSecret })).toString()
    expect(JSON.parse(text)).toEqual({
      destination_account: 'g.alice.token',
      shared_secret: Buffer.from(sharedSecret).toString('base64'),
    })
    expect(text).toContain('+')
    expect(text).toContain('="}')
  })

  it('SPSP-22, SPSP-23: say receipts_enabled only where receipts are', () => {
    const details = { destinationAccount, sharedSecret, receiptsEnabled: true }
    expect(decodeSpspDetails(encodeSpspDetails(details))).toEqual(details)
    const plain = Buffer.from(encodeSpspDetails({ ...details, receiptsEnabled: false })).toString()
    expect(plain).not.toContain('receipts')
  })

  it.each([
    ['base64 with padding', (text: string) => text],
    ['base64 without padding', (text: string) => text.replace('=', '')],
    ['base64url with padding', (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')],
    [
      'base64url without padding',
      (text: string) => text.replaceAll('+', '-').replaceAll('/', '_').replace('=', ''),
    ],
  ])('SPSP-06, X-SPSP: a secret is read as %s', (_, form) => {
    const shared_secret = form(Buffer.from(sharedSecret).toString('base64'))
    const details = decodeSpspDetails(body({ destination_account: 'g.a.b', shared_secret }))
    expect(Buffer.from(details.sharedSecret)).toEqual(Buffer.from(sharedSecret))
  })

  it.each([31, 33, 0])('SPSP-07: a secret of %i bytes is refused by the client', (length) => {
    const shared_secret = Buffer.alloc(length).toString('base64')
    expect(codeOf(body({ destination_account: 'g.a.b', shared_secret }))).toBe('bad-secret')
  })

  it('SPSP-07: a secret of another length is never sent', () => {
    expect(() => encodeSpspDetails({ destinationAccount, sharedSecret: new Uint8Array(31) })).toThrow(
      UsageError,
    )
  })

  it('SPSP-09: unknown fields are ignored', () => {
    const shared_secret = Buffer.from(sharedSecret).toString('base64')
    expect(
      codeOf(body({ destination_account: 'g.a.b', shared_secret, balance: { maximum: '-1' }, extra: [1] })),
    ).toBe('accepted')
  })

  it.each([
    ['bad-json', Buffer.from('{"destination_account":"g.a",}')],
    ['bad-json', Buffer.from('null')],
    ['bad-json', Buffer.from('')],
    ['bad-utf8', Buffer.from([0x22, 0xff, 0x22])],
    ['bad-address', Buffer.from('{}')],
    ['bad-address', Buffer.from('{"destination_account":"no spaces"}')],
    ['bad-secret', Buffer.from('{"destination_account":"g.a"}')],
    ['bad-secret', Buffer.from('{"destination_account":"g.a","shared_secret":"***"}')],
    ['bad-secret', Buffer.from('{"destination_account":"g.a","shared_secret":7}')],
    ['too-long', Buffer.alloc(SPSP_BODY_BYTES_MAX + 1, ' ')],
  ])('is refused as %s: %s', (code, bytes) => {
    expect(codeOf(bytes)).toBe(code)
  })

  it('gives a value or a DecodeError for any bytes', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.json({ maxDepth: 2 }).map((text) => new Uint8Array(Buffer.from(text))),
      fc
        .record({
          destination_account: fc.string(),
          shared_secret: fc.oneof(fc.base64String(), fc.anything()),
        })
        .map(body),
    )
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        try {
          decodeSpspDetails(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 10_000 },
    )
  })
})
