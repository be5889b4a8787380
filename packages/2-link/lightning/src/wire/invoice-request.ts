/**
 * Asking for an invoice to pay, and the answer. Layer 2, wire.
 *
 *   request   version u8 | type u8 | amount in msat, 64 bits | hash of an invoice that was given up: 0 or 32 octets
 *   answer    version u8 | type u8 | invoice, BOLT 11
 */
import { type MessageFault, beginMessage, endMessage, openMessage, readText } from '@hourglass/link'
import { DecodeError } from '@hourglass/sansio'
import { MessageType } from './message-type.ts'

export interface InvoiceRequest {
  readonly amountMsat: bigint
  /** Its payer will not pay it any more: its payment has failed for good. */
  readonly givenUp: Uint8Array | undefined
}

const HASH_BYTES = 32
/** Those with many ways in are long. */
const INVOICE_BYTES_MAX = 8192

/** @throws DecodeError OerFault | MessageFault */
export function decodeInvoiceRequest(message: Uint8Array): InvoiceRequest {
  const reader = openMessage(message, MessageType.InvoiceRequest)
  const amountMsat = reader.uint64()
  const { at } = reader
  const givenUp = reader.octets().slice()
  if (givenUp.length !== 0 && givenUp.length !== HASH_BYTES)
    throw new DecodeError<MessageFault>('too-long', at)
  endMessage(reader)
  return { amountMsat, givenUp: givenUp.length === 0 ? undefined : givenUp }
}

export function encodeInvoiceRequest({ amountMsat, givenUp = NONE }: InvoiceRequest): Uint8Array {
  return beginMessage(MessageType.InvoiceRequest).uint64(amountMsat).octets(givenUp).finish()
}

/** @throws DecodeError OerFault | MessageFault */
export function decodeInvoiceAnswer(message: Uint8Array): string {
  const reader = openMessage(message, MessageType.Invoice)
  const invoice = readText(reader, INVOICE_BYTES_MAX)
  endMessage(reader)
  return invoice
}

export function encodeInvoiceAnswer(invoice: string): Uint8Array {
  return beginMessage(MessageType.Invoice).text(invoice).finish()
}

const NONE = new Uint8Array(0)
