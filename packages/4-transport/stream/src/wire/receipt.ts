/**
 * A receipt: the receiver's word, for a verifier, of what one stream has brought it. Layer 4, wire. Spec: IL-RFC 39.
 *
 *   version u8, 1 | nonce 16 octets | stream id u8 | totalReceived u64 | HMAC-SHA-256 of the rest 32 octets
 */
import { Reader, Writer } from '@hourglass/oer'
import type { Crypto } from '@hourglass/sansio'

export const RECEIPT_BYTES = 58
export const RECEIPT_NONCE_BYTES = 16
export const RECEIPT_SECRET_BYTES = 32
const VERSION = 1
const SIGNED_BYTES = 26

export interface Receipt {
  /** 16 octets: which connection. */
  readonly nonce: Uint8Array
  /** 0 … 255 */
  readonly streamId: number
  /** Base units of the receiver. */
  readonly totalReceived: bigint
}

/** RCPT-01, RCPT-02: signed under the raw secret. */
export function encodeReceipt(receipt: Receipt, secret: Uint8Array, crypto: Crypto): Uint8Array {
  const { nonce, streamId, totalReceived } = receipt
  const writer = new Writer(RECEIPT_BYTES)
  writer.uint8(VERSION).bytes(nonce).uint8(streamId).uint64(totalReceived)
  const signed = writer.finish()
  return new Writer(RECEIPT_BYTES).bytes(signed).bytes(crypto.hmacSha256(secret)(signed)).finish()
}

/** Undefined where it is no receipt (RCPT-03, RCPT-04). Nothing is proven by it; see `isReceiptSigned`. */
export function decodeReceipt(bytes: Uint8Array): Receipt | undefined {
  if (bytes.length !== RECEIPT_BYTES) return undefined
  const reader = new Reader(bytes)
  if (reader.uint8() !== VERSION) return undefined
  return { nonce: reader.take(RECEIPT_NONCE_BYTES), streamId: reader.uint8(), totalReceived: reader.uint64() }
}

/** Whether a receipt of `RECEIPT_BYTES` was made with this secret; takes the same time for any (RCPT-05). */
export function isReceiptSigned(bytes: Uint8Array, secret: Uint8Array, crypto: Crypto): boolean {
  const signature = crypto.hmacSha256(secret)(bytes.subarray(0, SIGNED_BYTES))
  let difference = bytes.length ^ RECEIPT_BYTES
  signature.forEach((octet, index) => {
    difference |= octet ^ (bytes[SIGNED_BYTES + index] ?? 0)
  })
  return difference === 0
}
