/** Payments that come in to Core Lightning: all paid invoices, in the order of their pay index. Layer 2, io. */
import { encodeUtf8 } from '@hourglass/oer'
import type { CustomRecord, NodeEvent, Receipt } from '../../node.ts'
import { REFERENCE_RECORD } from '../../wire/reference.ts'
import type { Fields } from '../daemon/json.ts'
import type { ReceiptBook } from '../daemon/receipt-book.ts'
import { type ClnClient, ClnRefusal, NO_INVOICE_PAID } from './client.ts'

const PAGE = 500
const WAIT_S = 50
const WAIT_TIMEOUT_MS = 80_000
/** How its keysend plugin names and describes an invoice. */
const KEYSEND_LABEL = 'keysend-'
const KEYSEND_TEXT = 'keysend: '

export class ClnReceipts {
  readonly #client: ClnClient
  readonly #book: ReceiptBook
  readonly #tell: (event: NodeEvent) => void

  constructor(client: ClnClient, book: ReceiptBook, tell: (event: NodeEvent) => void) {
    this.#client = client
    this.#book = book
    this.#tell = tell
  }

  /** A node that is new to us begins after `from`, or else with what comes in from now on. */
  async begin(from: number | undefined): Promise<void> {
    if (this.#book.told === undefined) await this.#book.begin(from ?? (await this.#newest()))
  }

  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const params = { lastpay_index: this.#book.told, timeout: WAIT_S }
      const options = { timeoutMs: WAIT_TIMEOUT_MS, signal }
      const paid = await this.#client.call('waitanyinvoice', params, options).catch((error: unknown) => {
        if (error instanceof ClnRefusal && error.rpcCode === NO_INVOICE_PAID) return undefined
        throw error
      })
      if (paid === undefined) continue
      const receipt = receiptOf(paid)
      if (await this.#book.take(receipt)) this.#tell({ kind: 'received', receipt })
    }
  }

  async #newest(): Promise<number> {
    let newest = 0
    for (let start = 1; ;) {
      const page = await this.#client.call('listinvoices', { index: 'created', start, limit: PAGE })
      const invoices = page.list('invoices')
      for (const invoice of invoices) newest = Math.max(newest, invoice.count('pay_index'))
      if (invoices.length < PAGE) return newest
      start = invoices.at(-1)!.count('created_index') + 1
    }
  }
}

function receiptOf(invoice: Fields): Receipt {
  return {
    index: invoice.count('pay_index'),
    hash: invoice.hex('payment_hash'),
    amountMsat: invoice.amount('amount_received_msat'),
    records: recordsOf(invoice),
  }
}

/**
 * Of the records of a payment by keysend it shows the longest that is text, as part of the description, and not its
 * type: what we look for there is a reference.
 */
function recordsOf(invoice: Fields): CustomRecord[] {
  const description = invoice.text('description')
  if (!invoice.text('label').startsWith(KEYSEND_LABEL) || !description.startsWith(KEYSEND_TEXT)) return []
  return [{ type: REFERENCE_RECORD, value: encodeUtf8(description.slice(KEYSEND_TEXT.length)) }]
}
