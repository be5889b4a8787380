/**
 * Invoices that we gave the peer to pay the account by: what comes in by their hashes is credited. Layer 2.
 *
 *   asked ──▶ made by the node ──▶ durable ──▶ answered ──▶ paid: credited
 *                                                     └──▶ given up by its payer, or long expired: forgotten
 */
import { decodeHex, encodeHex } from '@hourglass/oer'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { JournalRecord } from '@hourglass/journal'
import type { Effects } from './effects.ts'
import { type InvoiceRecord, encodeInvoiceRecord, invoiceKey } from './records.ts'
import { type Invoice, decodeInvoice } from './wire/bolt11.ts'
import { type InvoiceRequest, encodeInvoiceAnswer } from './wire/invoice-request.ts'

/** Invoices that are neither paid nor forgotten; a peer that asks for more gets none. */
export const INVOICES_MAX = 256
const EXPIRY_S = 3600
/** Kept for longer: a payment in time may be told late, when the node was away. */
const KEPT_MS = 30 * 86_400_000

export class Invoices {
  readonly #account: string
  readonly #effects: Effects
  /** By hash. */
  readonly #open = new Map<string, InvoiceRecord>()
  /** Requests whose invoice is being made, by our number. */
  readonly #making = new Map<number, number>()

  constructor(account: string, effects: Effects) {
    this.#account = account
    this.#effects = effects
  }

  restore(invoices: readonly InvoiceRecord[]): void {
    for (const invoice of invoices) this.#open.set(encodeHex(invoice.hash), invoice)
    const hashes = invoices.map(({ hash }) => hash)
    if (hashes.length > 0) this.#effects.perform({ kind: 'watch-invoices', hashes })
  }

  /** The peer wants to pay as much. */
  make(requestId: number, { amountMsat, givenUp }: InvoiceRequest): void {
    if (givenUp !== undefined) this.#forget([encodeHex(givenUp)])
    if (amountMsat === 0n || this.#open.size + this.#making.size >= INVOICES_MAX)
      return this.#refuse(requestId)
    const id = this.#effects.nextId()
    this.#making.set(id, requestId)
    this.#effects.perform({ kind: 'make-invoice', id, amountMsat, expiryS: EXPIRY_S })
  }

  /** The node has made it; undefined: it does not. */
  made(id: number, text: string | undefined): void {
    const requestId = this.#making.get(id)
    this.#making.delete(id)
    if (requestId === undefined) return
    const invoice = text === undefined ? undefined : read(text)
    if (text === undefined || invoice === undefined) return this.#refuse(requestId)
    const { hash } = invoice
    const record = { hash, until: this.#effects.now + EXPIRY_S * 1000 + KEPT_MS }
    this.#open.set(encodeHex(hash), record)
    this.#effects.commit([encodeInvoiceRecord(this.#account, record)], () => {
      this.#effects.perform({ kind: 'watch-invoices', hashes: [hash] })
      this.#effects.emit({ kind: 'reply', id: requestId, body: encodeInvoiceAnswer(text) })
    })
  }

  /** Takes the invoice out that is paid by this hash; the record that ends it. Undefined: we gave none. */
  take(hash: Uint8Array): JournalRecord | undefined {
    const isOurs = this.#open.delete(encodeHex(hash))
    return isOurs ? { key: invoiceKey(this.#account, hash), value: undefined } : undefined
  }

  nextTimeout(): Instant | undefined {
    let first: Instant | undefined
    for (const { until } of this.#open.values()) if (first === undefined || until < first) first = until
    return first
  }

  timeout(): void {
    const { now } = this.#effects
    this.#forget([...this.#open].flatMap(([name, { until }]) => (until <= now ? [name] : [])))
  }

  #forget(names: readonly string[]): void {
    for (const name of names) {
      const hash = decodeHex(name)!
      const record = this.take(hash)
      if (record === undefined) continue
      this.#effects.commit([record], () => this.#effects.perform({ kind: 'forget-invoice', hash }))
    }
  }

  #refuse(id: number): void {
    this.#effects.emit({ kind: 'refuse', id, message: 'no invoice can be made now' })
  }
}

function read(text: string): Invoice | undefined {
  try {
    return decodeInvoice(text)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
