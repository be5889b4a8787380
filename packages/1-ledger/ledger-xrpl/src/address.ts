/** Addresses of the XRP Ledger, as text and as bytes. Layer 1. Spec: XRP Ledger, base58 encodings. */
import { equalBytes } from '@hourglass/sansio'
import { sha256 } from '@noble/hashes/sha2.js'

export const ADDRESS_BYTES = 20

/** The 20 bytes of an account's address (`r…`); undefined for what is none, or has a wrong checksum. */
export function decodeAddress(text: string): Uint8Array | undefined {
  const bytes = decodeBase58(text, TYPE_BYTES + ADDRESS_BYTES + CHECKSUM_BYTES)
  if (bytes?.[0] !== ACCOUNT_TYPE) return undefined
  const payload = bytes.subarray(0, TYPE_BYTES + ADDRESS_BYTES)
  const checksum = sha256(sha256(payload)).subarray(0, CHECKSUM_BYTES)
  if (!equalBytes(checksum, bytes.subarray(payload.length))) return undefined
  return payload.slice(TYPE_BYTES)
}

/** The number that the digits make, in `length` bytes; undefined where it is written in any other way than one. */
function decodeBase58(text: string, length: number): Uint8Array | undefined {
  if (text.length > DIGITS_MAX) return undefined
  let value = 0n
  for (const digit of text) {
    const at = ALPHABET.indexOf(digit)
    if (at < 0) return undefined
    value = value * 58n + BigInt(at)
  }
  const bytes = new Uint8Array(length)
  for (let at = length - 1; at >= 0; at--, value >>= 8n) bytes[at] = Number(value & 0xffn)
  // A leading digit of zero stands for a leading byte of zero.
  const zeroDigits = /^r*/.exec(text)![0].length
  const zeroBytes = bytes.findIndex((byte) => byte !== 0)
  return value === 0n && zeroDigits === zeroBytes ? bytes : undefined
}

const ALPHABET = 'rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz'
/** Of an address; it begins with the digit for zero, since its type is zero. */
const DIGITS_MAX = 35
const TYPE_BYTES = 1
const ACCOUNT_TYPE = 0
const CHECKSUM_BYTES = 4
