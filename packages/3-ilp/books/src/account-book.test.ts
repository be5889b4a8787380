import { DecodeError, UsageError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AccountBook } from './account-book.ts'

const asset = { code: 'USD', scale: 6 }

function book(totals: Partial<AccountBook> = {}): AccountBook {
  return Object.assign(new AccountBook('alice', asset), totals)
}

describe('account book', () => {
  it('comes back from its record as it was, at any size of its totals', () => {
    const total = fc.bigInt({ min: 0n, max: 2n ** 200n })
    const totals = fc.record({
      incoming: total,
      outgoing: total,
      settled: total,
      sent: total,
      received: total,
      writtenOff: total,
    })
    fc.assert(
      fc.property(totals, (some) => {
        const account = book(some)
        const { key, value } = account.toRecord()
        const restored = book()
        restored.restore(value!)
        expect(key).toBe('account/alice')
        expect(restored).toEqual(account)
        expect(restored.balance).toBe(
          some.incoming - some.outgoing + some.settled - some.received - some.writtenOff,
        )
      }),
    )
  })

  it('does not take a record that this program did not write', () => {
    const { value } = book().toRecord()
    expect(() => book().restore(Uint8Array.of(9, ...value!.slice(1)))).toThrow(DecodeError)
    expect(() => book().restore(value!.slice(0, 6))).toThrow(DecodeError)
    expect(() => book().restore(Uint8Array.of(...value!, 7))).toThrow(/broken invariant/)
  })

  it('does not go on in another asset, and says what to do: PCS-01', () => {
    const { value } = book().toRecord()
    const other = new AccountBook('alice', { code: 'USD', scale: 9 })
    expect(() => other.restore(value!)).toThrow(UsageError)
    expect(() => other.restore(value!)).toThrow('account alice is kept in USD/6 and cannot go on in USD/9')
  })

  it.each([
    ['owed by the peer', { incoming: 30n, outgoing: 10n }, [20n, 0n, 0n]],
    ['owed to the peer', { incoming: 10n, outgoing: 30n }, [0n, 20n, 0n]],
    ['prefunded: PCS-13', { incoming: 30n, received: 100n }, [0n, 70n, 70n]],
    ['prefunded and earned', { outgoing: 50n, received: 100n }, [0n, 150n, 100n]],
    ['settled', { outgoing: 50n, settled: 50n, sent: 20n }, [0n, 0n, 0n]],
    ['written off', { incoming: 50n, writtenOff: 50n }, [0n, 0n, 0n]],
  ])('shows what is %s', (_, totals, [receivable, payable, prefunded]) => {
    expect(book(totals).view()).toMatchObject({ receivable, payable, prefunded })
  })

  it('shows what is ordered to be settled and not sent', () => {
    expect(book({ settled: 50n, sent: 20n }).view().settling).toBe(30n)
  })
})
