import { MemoryJournal } from '@hourglass/journal'
import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../node.ts'
import { ReceiptBook } from './receipt-book.ts'

const receipt = (index: number, amountMsat = BigInt(index)): Receipt => ({
  ...{ index, amountMsat, hash: new Uint8Array(32).fill(index), records: [] },
})

describe('a book of what came in to a daemon', () => {
  /** As durable as it is asked to be, at once. */
  async function open(journal: MemoryJournal, receiptsMax?: number): Promise<ReceiptBook> {
    const options = { journal, owner: 'lnd/02', log: () => undefined }
    return ReceiptBook.open(receiptsMax === undefined ? options : { ...options, receiptsMax })
  }
  async function durable<T>(journal: MemoryJournal, act: Promise<T>): Promise<T> {
    journal.flush()
    return act
  }

  it('takes each once, and keeps it over its lives until it is let go of', async () => {
    const journal = new MemoryJournal()
    const book = await open(journal)
    await durable(journal, book.begin(0))
    expect(await durable(journal, book.take(receipt(1)))).toBe(true)
    expect(await durable(journal, book.take(receipt(1)))).toBe(false)
    await durable(journal, book.take(receipt(4)))
    await durable(journal, book.forget([1]))

    const again = await open(journal)
    expect(again.told).toBe(4)
    expect(again.receipts().map(({ index }) => index)).toEqual([4])
    expect(await durable(journal, again.take(receipt(1)))).toBe(false)
  })

  it('is asked again for one that was not durable when it died', async () => {
    const journal = new MemoryJournal()
    const book = await open(journal)
    await durable(journal, book.begin(0))
    void book.take(receipt(1))
    journal.lose()
    const again = await open(journal)
    expect(again.told).toBe(0)
    expect(await durable(journal, again.take(receipt(1)))).toBe(true)
  })

  it('lets go of the smallest where nobody asks for too many', async () => {
    const journal = new MemoryJournal()
    const book = await open(journal, 2)
    for (const each of [receipt(1, 50n), receipt(2, 3n), receipt(3, 40n)]) {
      expect(await durable(journal, book.take(each))).toBe(true)
    }
    expect(await durable(journal, book.take(receipt(4, 1n)))).toBe(false)
    const kept = [...book.receipts(), ...(await open(journal)).receipts()].map(({ index }) => index)
    expect(kept).toEqual([1, 3, 1, 3])
  })
})
