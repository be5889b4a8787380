/** Names of transactions, and whether they are theirs. Layer 1, io: the codec is a library of the ledger's own. */
import { decodeHex, encodeHex } from '@hourglass/oer'
import { encode } from 'ripple-binary-codec'
import { sha512Half } from '../digest.ts'
import type { Json } from '../json.ts'
import { type ValidatedTransaction, decodeTransaction } from '../transaction.ts'

/** As `decodeTransaction`; undefined also where the hash is not that of the fields. */
export function checkTransaction(json: Json): ValidatedTransaction | undefined {
  const transaction = decodeTransaction(json)
  if (transaction === undefined) return undefined
  const own = hashOf(transaction.fields)
  return own === undefined || own === transaction.hash ? transaction : undefined
}

/** The hash of a signed transaction, 64 upper-case hex digits; undefined where it is of a kind that we do not know. */
function hashOf(fields: Json): string | undefined {
  // Servers call the amount of a payment by another name than the one that is signed.
  const { DeliverMax: amount, ...rest } = fields
  try {
    return hashOfBlob(encode(amount === undefined ? fields : { ...rest, Amount: amount }))
  } catch {
    return undefined
  }
}

/** @param blob hex */
export function hashOfBlob(blob: string): string {
  return encodeHex(sha512Half(decodeHex(PREFIX + blob)!)).toUpperCase()
}

/** `TXN` and a zero: what is hashed is a signed transaction. */
const PREFIX = '54584e00'
