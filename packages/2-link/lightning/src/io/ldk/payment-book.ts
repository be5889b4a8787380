/**
 * What the node remembers of payments beside its channels, committed together with them. Layer 2, io.
 *
 *   ldk/payment/HASH      how a payment of ours ended
 *   ldk/receipt/INDEX     a payment that came in: 16 hex digits
 *   ldk/receipts          the index of the newest one
 *   ldk/held/HASH         a payment to somebody else's hash, that waits: millisatoshi u64, deadline u32
 *   ldk/claiming/HASH     a payment that we take: LDK tells that it is ours, and after a crash may tell it again
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer, decodeHex, decodeUtf8, encodeHex, encodeUtf8 } from '@hourglass/oer'
import type { CustomRecord, PaymentEnd, Receipt } from '../../node.ts'

const PAYMENT = 'ldk/payment/'
const RECEIPT = 'ldk/receipt/'
const RECEIPTS = 'ldk/receipts'
const CLAIMING = 'ldk/claiming/'
const HELD = 'ldk/held/'

/** It waits to be settled or cancelled. */
export interface Held {
  readonly hash: Uint8Array
  readonly amountMsat: bigint
  /** Height from which on it is gone. */
  readonly deadline: number
}

export class PaymentBook {
  readonly #ends = new Map<string, PaymentEnd>()
  readonly #receipts = new Map<number, Receipt>()
  /** Hashes of the receipts: nobody is paid twice by one. */
  readonly #received = new Set<string>()
  readonly #claiming = new Set<string>()
  readonly #held = new Map<string, Held>()
  #lastIndex = 0
  /** Records that have changed, by key: the last one counts. */
  readonly #changes = new Map<string, Uint8Array | undefined>()

  restore(records: Iterable<StoredRecord>): void {
    for (const { key, value } of records) {
      if (key.startsWith(PAYMENT)) this.#ends.set(key.slice(PAYMENT.length), decodeEnd(value))
      else if (key.startsWith(RECEIPT))
        this.#keep(decodeReceipt(parseInt(key.slice(RECEIPT.length), 16), value))
      else if (key.startsWith(HELD)) {
        const hash = decodeHex(key.slice(HELD.length))!
        const reader = new Reader(value)
        this.#held.set(encodeHex(hash), { hash, amountMsat: reader.uint64(), deadline: reader.uint32() })
      } else if (key.startsWith(CLAIMING)) this.#claiming.add(key.slice(CLAIMING.length))
      else if (key === RECEIPTS) this.#lastIndex = Number(new Reader(value).uint64())
    }
  }

  takeChanges(): JournalRecord[] {
    const records = [...this.#changes].map(([key, value]) => ({ key, value }))
    this.#changes.clear()
    return records
  }

  /** How the payment ended; undefined: it is under way, or there is none. By its hash in hex. */
  end(hash: string): PaymentEnd | undefined {
    return this.#ends.get(hash)
  }

  /** The first end of a payment counts. */
  ended(hash: string, end: PaymentEnd): void {
    if (this.#ends.has(hash)) return
    this.#ends.set(hash, end)
    this.#changes.set(PAYMENT + hash, encodeEnd(end))
  }

  forgetEnd(hash: string): void {
    if (this.#ends.delete(hash)) this.#changes.set(PAYMENT + hash, undefined)
  }

  hasReceived(hash: Uint8Array): boolean {
    return this.#received.has(encodeHex(hash))
  }

  hold(held: Held): void {
    const name = encodeHex(held.hash)
    this.#held.set(name, held)
    const value = new Writer().uint64(held.amountMsat).uint32(held.deadline).finish()
    this.#changes.set(HELD + name, value)
  }

  held(): Held[] {
    return [...this.#held.values()]
  }

  isHeld(hash: Uint8Array): boolean {
    return this.#held.has(encodeHex(hash))
  }

  /** It is settled, cancelled or gone. */
  release(hash: Uint8Array): void {
    const name = encodeHex(hash)
    if (this.#held.delete(name)) this.#changes.set(HELD + name, undefined)
  }

  /** Lets go of what has not been settled in time. */
  expire(height: number): void {
    for (const { hash, deadline } of this.held()) if (deadline <= height) this.release(hash)
  }

  /** Whether it is ours, or about to be. */
  isTaken(hash: Uint8Array): boolean {
    const name = encodeHex(hash)
    return this.#received.has(name) || this.#claiming.has(name)
  }

  /** We take it: it will be told as ours. */
  claiming(hash: Uint8Array): void {
    this.release(hash)
    const name = encodeHex(hash)
    this.#claiming.add(name)
    this.#changes.set(CLAIMING + name, new Uint8Array(0))
  }

  /** It is ours; undefined where that was told before. */
  received(payment: Omit<Receipt, 'index'>): Receipt | undefined {
    const name = encodeHex(payment.hash)
    if (!this.#claiming.delete(name)) return undefined
    this.#changes.set(CLAIMING + name, undefined)
    const receipt = { ...payment, index: ++this.#lastIndex }
    this.#keep(receipt)
    const value = new Writer().uint64(BigInt(this.#lastIndex)).finish()
    this.#changes.set(receiptKey(receipt.index), encodeReceipt(receipt))
    this.#changes.set(RECEIPTS, value)
    return receipt
  }

  receipts(): Receipt[] {
    return [...this.#receipts.values()]
  }

  forgetReceipts(indices: readonly number[]): void {
    for (const index of indices) {
      const receipt = this.#receipts.get(index)
      if (receipt === undefined) continue
      this.#receipts.delete(index)
      this.#received.delete(encodeHex(receipt.hash))
      this.#changes.set(receiptKey(index), undefined)
    }
  }

  #keep(receipt: Receipt): void {
    this.#receipts.set(receipt.index, receipt)
    this.#received.add(encodeHex(receipt.hash))
  }
}

function receiptKey(index: number): string {
  return RECEIPT + index.toString(16).padStart(16, '0')
}

function encodeEnd(end: PaymentEnd): Uint8Array {
  if (end.kind === 'failed') return new Writer().uint8(0).octets(encodeUtf8(end.reason)).finish()
  return new Writer().uint8(1).octets(end.preimage).uint64(end.feeMsat).finish()
}

function decodeEnd(value: Uint8Array): PaymentEnd {
  const reader = new Reader(value)
  if (reader.uint8() === 0) return { kind: 'failed', reason: decodeUtf8(reader.octets()) }
  const preimage = reader.octets().slice()
  return { kind: 'sent', preimage, feeMsat: reader.uint64() }
}

export function encodeReceipt({ hash, amountMsat, records }: Receipt): Uint8Array {
  const bytes = records.reduce((sum, { value }) => sum + value.length + 16, 64)
  const writer = new Writer(bytes).octets(hash).uint64(amountMsat).uint8(records.length)
  for (const { type, value } of records) writer.uint64(type).octets(value)
  return writer.finish()
}

export function decodeReceipt(index: number, value: Uint8Array): Receipt {
  const reader = new Reader(value)
  const hash = reader.octets().slice()
  const amountMsat = reader.uint64()
  const records: CustomRecord[] = []
  for (let left = reader.uint8(); left > 0; left--) {
    const type = reader.uint64()
    records.push({ type, value: reader.octets().slice() })
  }
  return { index, hash, amountMsat, records }
}
