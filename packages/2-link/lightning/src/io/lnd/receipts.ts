/** Payments that come in to LND: settled invoices, in the order of their settle index, all of them. Layer 2, io. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CustomRecord, NodeEvent, Receipt } from '../../node.ts'
import type { Fields } from '../daemon/json.ts'
import type { ReceiptBook } from '../daemon/receipt-book.ts'
import type { LndClient } from './client.ts'
import { KEYSEND_RECORD } from './payments.ts'
import { listInvoices } from './invoices.ts'

/** LND streams from an index on, but not from the very first. */
const FIRST_POLL_MS = 500

export class LndReceipts {
  readonly #client: LndClient
  readonly #book: ReceiptBook
  readonly #tell: (event: NodeEvent) => void

  constructor(client: LndClient, book: ReceiptBook, tell: (event: NodeEvent) => void) {
    this.#client = client
    this.#book = book
    this.#tell = tell
  }

  /** A node that is new to us begins after `from`, or else with what comes in from now on. */
  async begin(from: number | undefined): Promise<void> {
    if (this.#book.told !== undefined) return
    await this.#book.begin(from ?? (await this.#settled()).at(-1)?.count('settle_index') ?? 0)
  }

  async follow(signal: AbortSignal): Promise<void> {
    while (this.#book.told === 0) {
      const settled = await this.#settled()
      for (const invoice of settled) await this.#take(invoice)
      if (settled.length === 0) await sleep(FIRST_POLL_MS, undefined, { signal })
    }
    const path = `/v1/invoices/subscribe?settle_index=${this.#book.told}`
    for await (const invoice of this.#client.stream({ method: 'GET', path, signal }))
      await this.#take(invoice)
  }

  /** All there ever were, oldest first. */
  async #settled(): Promise<Fields[]> {
    const settled: Fields[] = []
    for await (const invoice of listInvoices(this.#client)) if (isSettled(invoice)) settled.push(invoice)
    return settled.sort((a, b) => a.count('settle_index') - b.count('settle_index'))
  }

  async #take(invoice: Fields): Promise<void> {
    if (!isSettled(invoice)) return
    const receipt = receiptOf(invoice)
    if (await this.#book.take(receipt)) this.#tell({ kind: 'received', receipt })
  }
}

/** An invoice that is paid many times (AMP) has no index of its own. */
function isSettled(invoice: Fields): boolean {
  return invoice.text('state') === 'SETTLED' && invoice.count('settle_index') > 0
}

function receiptOf(invoice: Fields): Receipt {
  const [htlc] = invoice.list('htlcs').filter((each) => each.text('state') === 'SETTLED')
  return {
    index: invoice.count('settle_index'),
    hash: invoice.base64('r_hash'),
    amountMsat: invoice.amount('amt_paid_msat'),
    records: htlc === undefined ? [] : recordsOf(htlc.at('custom_records')),
  }
}

function recordsOf(records: Fields): CustomRecord[] {
  const types = records.names().filter((type) => BigInt(type) !== KEYSEND_RECORD)
  return types.map((type) => ({ type: BigInt(type), value: records.base64(type) }))
}
