/** The ledger's usual digest. Layer 1. */
import { sha512 } from '@noble/hashes/sha2.js'

/** The first half of SHA-512, 32 bytes. */
export function sha512Half(bytes: Uint8Array): Uint8Array {
  return sha512(bytes).subarray(0, 32)
}
