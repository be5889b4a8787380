import { toAddress } from '@hourglass/ilp'
import { DecodeError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePaymentState, encodePaymentState } from './state-text.ts'
import type { PaymentState } from './state.ts'

const amount = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const anyState: fc.Arbitrary<PaymentState> = fc.record({
  amount: fc.oneof(fc.record({ send: amount }), fc.record({ deliver: amount })),
  minimumRate: fc.record({ numerator: fc.bigInt({ min: 0n }), denominator: fc.bigInt({ min: 1n }) }),
  sendMax: amount,
  sent: amount,
  delivered: amount,
  packets: fc.nat(),
  uncertain: amount,
  unconfirmed: amount,
  connection: fc.record({
    destination: fc.constantFrom(toAddress('test.bob'), toAddress('g.a.b~c.D-e_f')),
    sharedSecret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    lastSequence: amount,
    delivered: amount,
    uncertain: amount,
    expiresAt: fc.nat(),
  }),
})

function outcomeOf(text: string): unknown {
  try {
    return decodePaymentState(text)
  } catch (error) {
    if (error instanceof DecodeError) return error.code
    throw error
  }
}

describe('the text of a payment’s state', () => {
  it('brings back the same state', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const text = encodePaymentState(state)
        expect(encodePaymentState(decodePaymentState(text))).toBe(text)
        expect(decodePaymentState(text).connection.sharedSecret).toEqual(
          expect.objectContaining({ length: 32 }),
        )
      }),
    )
  })

  it('is refused where it is not one, whatever is in it', () => {
    const pieces = fc.oneof(fc.json(), fc.string())
    fc.assert(
      fc.property(pieces, (text) => {
        expect(['bad-json', 'bad-state']).toContain(outcomeOf(text))
      }),
      { numRuns: 10_000 },
    )
  })

  it('is refused where one field is missing or another thing', () => {
    const [state] = fc.sample(anyState, 1)
    const fields = JSON.parse(encodePaymentState(state!)) as Record<string, unknown>
    for (const name of Object.keys(fields)) {
      for (const value of [undefined, null, -1, '1.5', '-1', {}]) {
        expect(outcomeOf(JSON.stringify({ ...fields, [name]: value }))).toBe('bad-state')
      }
    }
  })
})
