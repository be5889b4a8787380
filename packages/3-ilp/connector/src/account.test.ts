import { DecodeError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Account } from './account.ts'

const options = { id: 'alice', relation: 'peer', asset: { code: 'USD', scale: 6 }, balanceMax: 10n } as const

describe('account', () => {
  it('comes back from its record as it was, at any size of its totals', () => {
    const total = fc.bigInt({ min: 0n, max: 2n ** 200n })
    fc.assert(
      fc.property(fc.tuple(total, total, total, total), ([incoming, outgoing, settled, received]) => {
        const account = Object.assign(new Account(options), { incoming, outgoing, settled, received })
        const { key, value } = account.toRecord()
        const restored = new Account(options)
        restored.restore(value!)
        expect(key).toBe('account/alice')
        expect(restored.balance).toBe(incoming - outgoing + settled - received)
        expect(restored).toEqual(account)
      }),
    )
  })

  it('does not take a record that this program did not write', () => {
    expect(() => new Account(options).restore(Uint8Array.of(9, 0, 0, 0, 0))).toThrow(DecodeError)
    expect(() => new Account(options).restore(Uint8Array.of(1, 1, 5))).toThrow(DecodeError)
    expect(() => new Account(options).restore(Uint8Array.of(1, 0, 0, 0, 0, 7))).toThrow(/broken invariant/)
  })
})
