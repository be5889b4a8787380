/**
 * What a Lightning settlement keeps in the journal. Layer 2.
 *
 *   lightning/ACCOUNT/outgoing          what has been paid, and what that cost
 *   lightning/ACCOUNT/payment/HASH      a payment of ours whose end is not known
 *   lightning/ACCOUNT/received          what has come in
 *   lightning/ACCOUNT/receipt/HASH      a payment that is credited, and that the node has not let go of
 *   lightning/ACCOUNT/invoice/HASH      an invoice that the peer may pay, and until when it is remembered
 *   lightning/ACCOUNT/node/ID           where a node of the peer is
 *   lightning/ACCOUNT/ended             when the peering ended
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer, decodeHex, encodeHex } from '@hourglass/oer'
import { DecodeError, type Instant, assert } from '@hourglass/sansio'
import type { NodeAddress } from './node.ts'

/** Running totals. */
export interface Paid {
  readonly paidMsat: bigint
  readonly feesMsat: bigint
}

export interface PaymentRecord {
  readonly hash: Uint8Array
  readonly nodeId: string
  readonly amountMsat: bigint
  readonly by: Keysent | Invoiced
}

interface Keysent {
  readonly preimage: Uint8Array
  /** The record that says whom it is for. */
  readonly reference: Uint8Array
}

interface Invoiced {
  /** BOLT 11. */
  readonly invoice: string
}

export interface InvoiceRecord {
  readonly hash: Uint8Array
  readonly until: Instant
}

export interface ReceiptRecord {
  readonly hash: Uint8Array
  readonly index: number
}

export interface LightningRecords {
  readonly paid: Paid
  readonly payments: readonly PaymentRecord[]
  readonly receivedMsat: bigint
  readonly receipts: readonly ReceiptRecord[]
  readonly invoices: readonly InvoiceRecord[]
  /** The peer's. */
  readonly nodes: readonly NodeAddress[]
  readonly endedAt: Instant | undefined
}

const VERSION = 1
const BY_KEYSEND = 0
const BY_INVOICE = 1

function prefix(account: string): string {
  return `lightning/${account}/`
}

/** Picks the account's records out of a journal's. @throws DecodeError where this program did not write them */
export function decodeRecords(account: string, records: Iterable<StoredRecord>): LightningRecords {
  let paid: Paid = { paidMsat: 0n, feesMsat: 0n }
  let receivedMsat = 0n
  const payments: PaymentRecord[] = []
  const receipts: ReceiptRecord[] = []
  const invoices: InvoiceRecord[] = []
  const nodes: NodeAddress[] = []
  let endedAt: Instant | undefined
  const own = prefix(account)
  for (const { key, value } of records) {
    if (!key.startsWith(own)) continue
    const reader = new Reader(value)
    if (reader.uint8() !== VERSION) throw new DecodeError('bad-version', 0)
    const [name, id = ''] = key.slice(own.length).split('/')
    if (name === 'outgoing') paid = { paidMsat: reader.bigUint(), feesMsat: reader.bigUint() }
    else if (name === 'received') receivedMsat = reader.bigUint()
    else if (name === 'payment') payments.push(readPayment(decodeHex(id)!, reader))
    else if (name === 'invoice') invoices.push({ hash: decodeHex(id)!, until: Number(reader.uint64()) })
    else if (name === 'node') nodes.push({ nodeId: id, host: reader.text(), port: reader.uint16() })
    else if (name === 'ended') endedAt = Number(reader.uint64())
    else receipts.push({ hash: decodeHex(id)!, index: Number(reader.uint64()) })
    assert(reader.remaining === 0, 'a record ends with its last field')
  }
  return { paid, payments, receivedMsat, receipts, invoices, nodes, endedAt }
}

export function encodePaid(account: string, { paidMsat, feesMsat }: Paid): JournalRecord {
  const writer = new Writer().uint8(VERSION).bigUint(paidMsat).bigUint(feesMsat)
  return { key: `${prefix(account)}outgoing`, value: writer.finish() }
}

export function encodeReceived(account: string, receivedMsat: bigint): JournalRecord {
  const value = new Writer().uint8(VERSION).bigUint(receivedMsat).finish()
  return { key: `${prefix(account)}received`, value }
}

export function encodePayment(account: string, payment: PaymentRecord): JournalRecord {
  const { hash, nodeId, amountMsat, by } = payment
  const writer = new Writer(256).uint8(VERSION).text(nodeId).bigUint(amountMsat)
  if ('invoice' in by) writer.uint8(BY_INVOICE).text(by.invoice)
  else writer.uint8(BY_KEYSEND).octets(by.preimage).octets(by.reference)
  return { key: paymentKey(account, hash), value: writer.finish() }
}

export function encodeInvoiceRecord(account: string, { hash, until }: InvoiceRecord): JournalRecord {
  const value = new Writer().uint8(VERSION).uint64(BigInt(until)).finish()
  return { key: invoiceKey(account, hash), value }
}

export function invoiceKey(account: string, hash: Uint8Array): string {
  return `${prefix(account)}invoice/${encodeHex(hash)}`
}

export function encodeReceipt(account: string, { hash, index }: ReceiptRecord): JournalRecord {
  return { key: receiptKey(account, hash), value: new Writer().uint8(VERSION).uint64(BigInt(index)).finish() }
}

export function encodeNode(account: string, { nodeId, host, port }: NodeAddress): JournalRecord {
  const value = new Writer().uint8(VERSION).text(host).uint16(port).finish()
  return { key: `${prefix(account)}node/${nodeId}`, value }
}

export function encodeEnded(account: string, endedAt: Instant): JournalRecord {
  const value = new Writer().uint8(VERSION).uint64(BigInt(endedAt)).finish()
  return { key: `${prefix(account)}ended`, value }
}

export function paymentKey(account: string, hash: Uint8Array): string {
  return `${prefix(account)}payment/${encodeHex(hash)}`
}

export function receiptKey(account: string, hash: Uint8Array): string {
  return `${prefix(account)}receipt/${encodeHex(hash)}`
}

function readPayment(hash: Uint8Array, reader: Reader): PaymentRecord {
  const nodeId = reader.text()
  const amountMsat = reader.bigUint()
  if (reader.uint8() === BY_INVOICE) return { hash, nodeId, amountMsat, by: { invoice: reader.text() } }
  const preimage = reader.octets().slice()
  return { hash, nodeId, amountMsat, by: { preimage, reference: reader.octets().slice() } }
}
