/** Invoices of LND, and payments to other people's hashes, held until they are settled or cancelled. Layer 2, io. */
import { decodeBase64, encodeBase64, encodeHex } from '@hourglass/oer'
import type { InvoiceOptions, NodeEvent } from '../../node.ts'
import type { Fields } from '../daemon/json.ts'
import { LightningError } from '../lightning-error.ts'
import { type LndClient, LndRefusal, inPath } from './client.ts'

const PAGE = 500
/** Held at once; each is a stream of its own. */
const HELD_MAX = 200

/** In the order in which they were made. */
export async function* listInvoices(client: LndClient, query = ''): AsyncGenerator<Fields> {
  for (let offset = 0n; ;) {
    const page = await client.get(`/v1/invoices?num_max_invoices=${PAGE}&index_offset=${offset}${query}`)
    const invoices = page.list('invoices')
    yield* invoices
    const last = page.amount('last_index_offset')
    if (invoices.length === 0 || last <= offset) return
    offset = last
  }
}

export class LndInvoices {
  readonly #client: LndClient
  readonly #tell: (event: NodeEvent) => void
  /** Hashes of those that can still be paid or are held, in base64; whether that was told since LND is there. */
  readonly #open = new Map<string, boolean>()
  /** While LND is there. */
  #begin: ((hash: string) => void) | undefined

  constructor(client: LndClient, tell: (event: NodeEvent) => void) {
    this.#client = client
    this.#tell = tell
  }

  async create({ amountMsat, description, expiryS, hash }: InvoiceOptions): Promise<string> {
    const invoice = {
      memo: description,
      value_msat: String(amountMsat),
      expiry: String(expiryS),
      private: true,
    }
    if (hash !== undefined) return this.#createHeld(hash, invoice)
    return (await this.#client.post('/v1/invoices', invoice)).text('payment_request')
  }

  async settle(preimage: Uint8Array): Promise<void> {
    await this.#client.post('/v2/invoices/settle', { preimage: encodeBase64(preimage) })
  }

  async cancel(hash: Uint8Array): Promise<void> {
    await this.#client.post('/v2/invoices/cancel', { payment_hash: encodeBase64(hash) })
  }

  /** Watches those that wait, also from before a break or a restart. */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const invoice of listInvoices(this.#client, '&pending_only=true')) {
      // One that is paid many times (AMP) has no preimage of its own either.
      if (invoice.text('r_preimage') === '' && !invoice.flag('is_amp')) this.#want(invoice.text('r_hash'))
    }
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const watch = (hash: string): void => void this.#watch(hash, signal).catch(reject)
      this.#begin = watch
      for (const hash of this.#open.keys()) {
        this.#open.set(hash, false)
        watch(hash)
      }
      signal.addEventListener('abort', () => resolve(), { once: true })
    }).finally(() => (this.#begin = undefined))
  }

  async #createHeld(hash: Uint8Array, invoice: { readonly value_msat: string }): Promise<string> {
    if (this.#open.size >= HELD_MAX) throw new LightningError('refused', `${HELD_MAX} invoices wait already`)
    const name = encodeBase64(hash)
    const made = await this.#client
      .post('/v2/invoices/hodl', { ...invoice, hash: name })
      .catch(async (error: unknown) => {
        if (!(error instanceof LndRefusal)) throw error
        // It may have been made before, and the answer was lost.
        const before = await this.#client.get(`/v1/invoice/${encodeHex(hash)}`).catch(() => undefined)
        if (before?.text('value_msat') !== invoice.value_msat) throw error
        return before
      })
    this.#want(name)
    this.#begin?.(name)
    return made.text('payment_request')
  }

  #want(hash: string): void {
    if (!this.#open.has(hash) && this.#open.size < HELD_MAX) this.#open.set(hash, false)
  }

  async #watch(hash: string, signal: AbortSignal): Promise<void> {
    const octets = decodeBase64(hash)!
    const path = `/v2/invoices/subscribe/${inPath(octets)}`
    for await (const invoice of this.#client.stream({ method: 'GET', path, signal })) {
      const state = invoice.text('state')
      if (state === 'ACCEPTED' && this.#open.get(hash) === false) {
        this.#open.set(hash, true)
        this.#tell({ kind: 'held', hash: octets, amountMsat: invoice.amount('amt_paid_msat') })
      }
      if (state === 'SETTLED' || state === 'CANCELED') return void this.#open.delete(hash)
    }
    throw this.#client.unavailable('has ended the stream of an invoice')
  }
}
