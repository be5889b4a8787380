/**
 * What the peer has paid us, credited once by each payment's hash. Layer 2.
 *
 *   receipt ──▶ credited, durable ──▶ told, and the node lets go ──▶ forgotten here
 */
import type { SettlementReport } from '@hourglass/link'
import { encodeHex } from '@hourglass/oer'
import type { Effects } from './effects.ts'
import { type LightningOptions, fromMsat } from './options.ts'
import { type ReceiptRecord, encodeReceipt, encodeReceived, receiptKey } from './records.ts'
import type { LightningEvent } from './session.ts'
import type { Invoices } from './invoices.ts'
import { type Destination, isReference } from './wire/reference.ts'

type Receipt = Extract<LightningEvent, { readonly kind: 'receipt' }>

/** By what payments to the account are known. */
export interface Sources {
  readonly destination: Destination
  readonly invoices: Invoices
}

export class Incoming {
  readonly #options: LightningOptions
  readonly #effects: Effects
  readonly #destination: Destination
  readonly #invoices: Invoices
  #receivedMsat = 0n
  /** Credited, by hash; the node may tell them again. */
  readonly #credited = new Map<string, ReceiptRecord>()

  constructor(options: LightningOptions, effects: Effects, { destination, invoices }: Sources) {
    this.#options = options
    this.#effects = effects
    this.#destination = destination
    this.#invoices = invoices
    effects.perform({ kind: 'watch', reference: destination.reference })
  }

  restore(receivedMsat: bigint, credited: readonly ReceiptRecord[]): void {
    this.#receivedMsat = receivedMsat
    if (receivedMsat > 0n) this.#tell(receivedMsat, '')
    for (const receipt of credited) {
      this.#credited.set(encodeHex(receipt.hash), receipt)
      this.#effects.perform({ kind: 'forget-receipt', ...receipt })
    }
  }

  /** A payment with our reference has come in, or one by an invoice of ours. */
  take({ hash, index, amountMsat, reference }: Receipt): void {
    const name = encodeHex(hash)
    if (this.#credited.has(name)) return
    const { account, crypto } = this.#options
    const payment = { hash, amountMsat }
    const invoice = reference === undefined ? this.#invoices.take(hash) : undefined
    const isMarked = reference !== undefined && isReference(this.#destination, reference, { payment, crypto })
    if (!isMarked && invoice === undefined) {
      // The money is ours, but nobody can say whose it was.
      this.#effects.perform({ kind: 'forget-receipt', index, hash })
      return this.#effects.trace('lightning.not-credited', { hash: name, amountMsat })
    }
    this.#receivedMsat += amountMsat
    const total = this.#receivedMsat
    const receipt = { hash, index }
    this.#credited.set(name, receipt)
    const records = [encodeReceived(account, total), encodeReceipt(account, receipt)]
    if (invoice !== undefined) records.push(invoice)
    this.#effects.commit(records, () => {
      this.#tell(total, name)
      this.#effects.trace('lightning.received', { hash: name, amountMsat })
      this.#effects.perform({ kind: 'forget-receipt', index, hash })
    })
  }

  /** The node will not tell it again. */
  forgotten(hash: Uint8Array): void {
    if (!this.#credited.delete(encodeHex(hash))) return
    const key = receiptKey(this.#options.account, hash)
    this.#effects.commit([{ key, value: undefined }], () => undefined)
  }

  report(): SettlementReport {
    return { receivedMsat: this.#receivedMsat }
  }

  #tell(totalMsat: bigint, reference: string): void {
    const total = fromMsat(totalMsat, this.#options.accountScale)
    this.#effects.emit({ kind: 'received', total, reference })
  }
}
