import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '@hourglass/sansio'
import { decodeAmountTooLarge, encodeAmountTooLarge } from './amount-too-large.ts'
import { AMOUNT_MAX } from './prepare.ts'

describe('the data of F08', () => {
  it('is 16 octets: what came, then the most that may come (ILP-44)', () => {
    const data = encodeAmountTooLarge({ receivedAmount: 1000n, maximumAmount: 0x1_0000_0001n })
    expect(Array.from(data)).toEqual([0, 0, 0, 0, 0, 0, 3, 0xe8, 0, 0, 0, 1, 0, 0, 0, 1])
  })

  it('comes back as it was, whatever trails it', () => {
    const anyAmount = fc.bigInt(0n, AMOUNT_MAX)
    fc.assert(
      fc.property(anyAmount, anyAmount, fc.uint8Array(), (receivedAmount, maximumAmount, trail) => {
        const data = Uint8Array.of(...encodeAmountTooLarge({ receivedAmount, maximumAmount }), ...trail)
        expect(decodeAmountTooLarge(data)).toEqual({ receivedAmount, maximumAmount })
      }),
    )
  })

  it('gives no hint where it is empty or short, and may say zero (ILP-45)', () => {
    expect(decodeAmountTooLarge(new Uint8Array(0))).toBeUndefined()
    expect(decodeAmountTooLarge(new Uint8Array(8))).toBeUndefined()
    expect(decodeAmountTooLarge(new Uint8Array(15))).toBeUndefined()
    expect(decodeAmountTooLarge(new Uint8Array(16))).toEqual({ receivedAmount: 0n, maximumAmount: 0n })
  })

  it('holds no amount above 2^64-1', () => {
    expect(() => encodeAmountTooLarge({ receivedAmount: AMOUNT_MAX + 1n, maximumAmount: 0n })).toThrow(
      UsageError,
    )
  })
})
