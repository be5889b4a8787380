/**
 * The record of a payment that says whom it is for, and that its payer is the peer. Layer 2, wire.
 * Spec: BOLT 4, custom records of a payment's onion.
 *
 *   reference, 16 octets | tag, 32 octets: HMAC-SHA-256 of hash | amount in msat, 64 bits
 *
 * It travels as hex digits, since Core Lightning shows those records of a payment alone that are text.
 *
 * The key is told to the peer over the link, which knows who it is; Lightning does not say who has paid.
 */
import { Writer, decodeHex, decodeUtf8Lossy, encodeHex, encodeUtf8 } from '@hourglass/oer'
import { type Crypto, equalBytes } from '@hourglass/sansio'

/** Odd: a node that does not know it accepts the payment all the same. */
export const REFERENCE_RECORD = 1_768_714_341n

export const REFERENCE_BYTES = 16
export const REFERENCE_KEY_BYTES = 32
const TAG_BYTES = 32

/** Where payments to an account go. */
export interface Destination {
  /** 16 bytes, unlike any other account's. */
  readonly reference: Uint8Array
  /** 32 bytes that the peer alone is told. */
  readonly key: Uint8Array
}

export interface Payment {
  /** SHA-256 of the preimage. */
  readonly hash: Uint8Array
  readonly amountMsat: bigint
}

/** Follows from the account and a secret: the same after a restart, also where the records are lost. */
export function destinationOf(account: string, secret: Uint8Array, crypto: Crypto): Destination {
  const derive = crypto.hmacSha256(secret)
  return {
    reference: derive(encodeUtf8(`lightning reference\n${account}`)).slice(0, REFERENCE_BYTES),
    key: derive(encodeUtf8(`lightning key\n${account}`)),
  }
}

export function encodeReference(
  { reference, key }: Destination,
  payment: Payment,
  crypto: Crypto,
): Uint8Array {
  const octets = new Writer(REFERENCE_BYTES + TAG_BYTES)
    .bytes(reference)
    .bytes(tagOf(key, payment, crypto))
    .finish()
  return encodeUtf8(encodeHex(octets))
}

/** Whether a record says that it is for the account with this reference. */
export function isForAccount(record: Uint8Array, reference: Uint8Array): boolean {
  const octets = decodeHex(decodeUtf8Lossy(record))
  return octets !== undefined && equalBytes(octets.subarray(0, REFERENCE_BYTES), reference)
}

/** Whether the payment was made by whoever knows the key. */
export function isReference(
  { reference, key }: Destination,
  record: Uint8Array,
  { payment, crypto }: { readonly payment: Payment; readonly crypto: Crypto },
): boolean {
  const octets = decodeHex(decodeUtf8Lossy(record))
  if (octets === undefined || !equalBytes(octets.subarray(0, REFERENCE_BYTES), reference)) return false
  return equalBytes(octets.subarray(REFERENCE_BYTES), tagOf(key, payment, crypto))
}

function tagOf(key: Uint8Array, { hash, amountMsat }: Payment, crypto: Crypto): Uint8Array {
  return crypto.hmacSha256(key)(new Writer(hash.length + 8).bytes(hash).uint64(amountMsat).finish())
}
