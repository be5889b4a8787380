/**
 * Payments that a daemon has told as come in, and how far it has told them: durable together, so that each is told
 * until it is let go of, and none is told again after that. The daemon itself remembers all of them for ever.
 * Layer 2, io.
 *
 *   OWNER/told              the daemon's index of the newest one that was taken in
 *   OWNER/receipt/INDEX     one that was not let go of: 16 hex digits
 */
import type { Journal, JournalRecord } from '@hourglass/journal'
import { Reader, Writer, encodeHex } from '@hourglass/oer'
import type { Receipt } from '../../node.ts'
import { decodeReceipt, encodeReceipt } from '../ldk/payment-book.ts'

const RECEIPTS_MAX = 10_000

export interface ReceiptBookOptions {
  readonly journal: Journal
  /** The first part of its keys, and the node: one book for each. */
  readonly owner: string
  readonly log: (message: string) => void
  /** Beyond it the smallest is let go of: others pay to this node too, and nobody asks for what they paid. */
  readonly receiptsMax?: number
}

export class ReceiptBook {
  readonly #options: ReceiptBookOptions
  readonly #receipts = new Map<number, Receipt>()
  #told: number | undefined

  static async open(options: ReceiptBookOptions): Promise<ReceiptBook> {
    const book = new ReceiptBook(options)
    const prefix = book.#key('receipt/')
    for (const { key, value } of await options.journal.load(book.#key(''))) {
      if (key === book.#key('told')) book.#told = Number(new Reader(value).uint64())
      else if (key.startsWith(prefix))
        book.#keep(decodeReceipt(parseInt(key.slice(prefix.length), 16), value))
    }
    return book
  }

  private constructor(options: ReceiptBookOptions) {
    this.#options = options
  }

  /** Undefined until `begin`: this daemon is new to us. */
  get told(): number | undefined {
    return this.#told
  }

  /** What came in up to there is not for us. */
  begin(told: number): Promise<void> {
    return this.#commit([this.#advance(told)])
  }

  /** Whether it is new and kept; if so, it is durable now. In the order of their indices. */
  async take(receipt: Receipt): Promise<boolean> {
    if (receipt.index <= (this.#told ?? 0)) return false
    const dropped = this.#dropped(receipt)
    const records = [this.#advance(receipt.index)]
    if (dropped !== undefined && dropped !== receipt) {
      this.#receipts.delete(dropped.index)
      records.push(this.#removal(dropped.index))
    }
    const isKept = dropped !== receipt
    if (isKept) records.push({ key: this.#receiptKey(receipt.index), value: encodeReceipt(receipt) })
    await this.#commit(records)
    if (isKept) this.#keep(receipt)
    return isKept
  }

  receipts(): Receipt[] {
    return [...this.#receipts.values()]
  }

  forget(indices: readonly number[]): Promise<void> {
    const records = indices
      .filter((index) => this.#receipts.delete(index))
      .map((index) => this.#removal(index))
    return records.length === 0 ? Promise.resolve() : this.#commit(records)
  }

  #keep(receipt: Receipt): void {
    this.#receipts.set(receipt.index, receipt)
  }

  #advance(told: number): JournalRecord {
    this.#told = told
    return { key: this.#key('told'), value: new Writer().uint64(BigInt(told)).finish() }
  }

  /** The smallest, where this one is one too many. */
  #dropped(receipt: Receipt): Receipt | undefined {
    const { receiptsMax = RECEIPTS_MAX, log } = this.#options
    if (this.#receipts.size < receiptsMax) return undefined
    let least = receipt
    for (const each of this.#receipts.values()) if (each.amountMsat < least.amountMsat) least = each
    log(
      `${receiptsMax} payments wait for nobody: ${encodeHex(least.hash)}, ${least.amountMsat} msat, is let go of`,
    )
    return least
  }

  #removal(index: number): JournalRecord {
    return { key: this.#receiptKey(index), value: undefined }
  }

  #receiptKey(index: number): string {
    return this.#key(`receipt/${index.toString(16).padStart(16, '0')}`)
  }

  #key(name: string): string {
    return `${this.#options.owner}/${name}`
  }

  #commit(records: readonly JournalRecord[]): Promise<void> {
    return new Promise((resolve) => this.#options.journal.commit(records, resolve))
  }
}
