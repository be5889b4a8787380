/**
 * Payments from account to account. Layer 1. Spec: XRP Ledger, Payment, partial payments.
 *
 * What arrived is what the metadata says was delivered: a partial payment names any amount and delivers a fraction.
 */
import type { IncomingTransfer, Transfer } from '@hourglass/ledger'
import { decodeAddress } from './address.ts'
import { type Scales, decodeAmount, encodeAmount } from './assets.ts'
import { DROPS_MAX } from './claim-scheme.ts'
import { countAt, hashAt, textAt } from './json.ts'
import type { Fields } from './outbox.ts'
import { NATIVE } from './pay-channel.ts'
import { isReference } from './reference.ts'
import type { ValidatedTransaction } from './transaction.ts'

/** What a transfer asks of the ledger; in words for people where it cannot be asked. */
export function encodePayment(transfer: Transfer, account: string, scales: Scales): Fields | string {
  const { destination, destinationTag, asset, amount, reference } = transfer
  if (decodeAddress(destination) === undefined) return `${destination} is no address`
  if (destination === account) return 'an account cannot pay itself'
  if (!isReference(reference)) return 'a reference is 64 lower-case hex digits'
  const isTag = destinationTag === undefined || isUint32(destinationTag)
  if (!isTag) return 'a destination tag is a whole number below 2^32'
  if (amount <= 0n || (asset === NATIVE && amount > DROPS_MAX)) return `${amount} is no amount`
  const encoded = encodeAmount(transfer, scales)
  if (encoded === undefined) return `the ledger cannot carry ${amount} base units of ${asset}`
  return {
    TransactionType: 'Payment',
    Destination: destination,
    ...(destinationTag !== undefined && { DestinationTag: destinationTag }),
    Amount: encoded,
    InvoiceID: reference.toUpperCase(),
  }
}

/** Whether a validated transaction of our account paid for that reference. */
export function isPaymentFor(transaction: ValidatedTransaction, account: string, reference: string): boolean {
  const { fields, result } = transaction
  return (
    fields['TransactionType'] === 'Payment' &&
    fields['Account'] === account &&
    result === 'tesSUCCESS' &&
    hashAt(fields, 'InvoiceID')?.toLowerCase() === reference
  )
}

/** Whether that payment is the transfer, and not another one with its reference. */
export function isTransfer(transaction: ValidatedTransaction, transfer: Transfer, scales: Scales): boolean {
  const { fields } = transaction
  const delivered = deliveredBy(transaction, scales)
  return (
    fields['Destination'] === transfer.destination &&
    countAt(fields, 'DestinationTag') === transfer.destinationTag &&
    delivered?.asset === transfer.asset &&
    delivered.amount === transfer.amount
  )
}

/** What a transaction brought our account as a payment; undefined where it brought none. */
export function decodeIncoming(
  transaction: ValidatedTransaction,
  account: string,
  scales: Scales,
): Omit<IncomingTransfer, 'position'> | undefined {
  const { fields, result, hash } = transaction
  const source = textAt(fields, 'Account')
  if (fields['TransactionType'] !== 'Payment' || fields['Destination'] !== account) return undefined
  if (result !== 'tesSUCCESS' || source === undefined || source === account) return undefined
  const delivered = deliveredBy(transaction, scales)
  if (delivered === undefined || delivered.amount === 0n) return undefined
  return {
    ...delivered,
    source,
    destinationTag: countAt(fields, 'DestinationTag'),
    reference: hashAt(fields, 'InvoiceID')?.toLowerCase(),
    transaction: hash,
  }
}

function deliveredBy({ meta }: ValidatedTransaction, scales: Scales): ReturnType<typeof decodeAmount> {
  return decodeAmount(meta['delivered_amount'], scales)
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32
}
