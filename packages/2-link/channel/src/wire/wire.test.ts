import { encodeHex } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Answer, decodeAnswer, encodeAnswer } from './answer.ts'
import { type Claim, decodeClaim, encodeClaim } from './claim.ts'
import { HELD_MAX, type Hello, decodeHello, encodeHello } from './hello.ts'

const amount = fc.bigInt({ min: 0n, max: 2n ** 96n })
const claim = fc.record({ channelId: fc.string(), amount, signature: fc.uint8Array({ maxLength: 80 }) })
const hello = fc.record({
  ledger: fc.string(),
  account: fc.string(),
  asset: fc.string(),
  referencePrefix: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(encodeHex),
  settleDelayMsMin: fc.maxSafeNat(),
  settleDelayMsMax: fc.maxSafeNat(),
  held: fc.array(claim, { maxLength: HELD_MAX }),
})
const answer = fc.record({ refusal: fc.option(fc.string({ minLength: 1 }), { nil: undefined }), amount })

describe('channel messages', () => {
  it.each([
    ['claims', claim, (value: Claim) => decodeClaim(encodeClaim(value))],
    ['hellos', hello, (value: Hello) => decodeHello(encodeHello(value))],
    ['answers', answer, (value: Answer) => decodeAnswer(encodeAnswer(value))],
  ] as const)('%s come back as they were', (_name, values, there) => {
    fc.assert(
      fc.property(values as fc.Arbitrary<never>, (value) => {
        expect(there(value)).toEqual(value)
      }),
    )
  })

  it.each([
    ['claim', decodeClaim, claim.map(encodeClaim)],
    ['hello', decodeHello, hello.map(encodeHello)],
    ['answer', decodeAnswer, answer.map(encodeAnswer)],
  ] as const)('any bytes are a %s or a DecodeError with a place in them', (_name, decode, valid) => {
    const broken = fc.tuple(valid, fc.nat(), fc.nat(255)).map(([bytes, at, octet]) => {
      const copy = bytes.slice()
      copy[at % copy.length] = octet
      return copy.subarray(0, copy.length - (at % 3))
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), broken), (bytes) => {
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
