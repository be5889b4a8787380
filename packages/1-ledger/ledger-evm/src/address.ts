/** Addresses and words of the EVM, as text and as bytes. Layer 1. Spec: EIP-55 (checksums). */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

export const ADDRESS_BYTES = 20

/** The canonical notation: `0x` and 40 hex digits, whose upper and lower case are a checksum. */
export function encodeAddress(address: Uint8Array): string {
  const digits = bytesToHex(address)
  const checksum = bytesToHex(keccak_256(ascii(digits)))
  let text = '0x'
  for (let i = 0; i < digits.length; i++) {
    text += checksum[i]! >= '8' ? digits[i]!.toUpperCase() : digits[i]!
  }
  return text
}

/** The 20 bytes of an address; undefined for what is none. One in mixed case must have the right checksum. */
export function decodeAddress(text: string): Uint8Array | undefined {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return undefined
  const address = hexToBytes(text.slice(2))
  const digits = text.slice(2)
  const mixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase()
  return mixed && text !== encodeAddress(address) ? undefined : address
}

/** The address that a public key controls. `publicKey` is its 64 bytes, without the tag of its form. */
export function addressOfKey(publicKey: Uint8Array): string {
  return encodeAddress(keccak_256(publicKey).subarray(12))
}

/** Writes `value` as the unsigned big-endian integer that ends before `end` and fills `bytes` bytes. */
export function putUint(target: Uint8Array, end: number, bytes: number, value: bigint): void {
  let rest = value
  for (let at = end - 1; at >= end - bytes; at--) {
    target[at] = Number(rest & 0xffn)
    rest >>= 8n
  }
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
