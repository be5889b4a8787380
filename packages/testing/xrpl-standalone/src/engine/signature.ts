/**
 * Signatures of transactions and claims. Testing.
 *
 * Checked by native code, as most of what a busy ledger does is to check them; a test holds the answers against
 * those of ripple-keypairs. secp256k1 signs the first half of SHA-512, ed25519 the message itself.
 */
import { createPublicKey, type KeyObject, verify as verifyEd25519 } from 'node:crypto'
import { createRequire } from 'node:module'
import { encodeForSigningClaim } from 'ripple-binary-codec'
import { deriveAddress } from 'ripple-keypairs'
import { sha512Half } from '../state/indexes.ts'

/** What we use of the package, which has no types of its own. */
interface Secp256k1 {
  /** From DER to 64 bytes. @throws where malformed */
  signatureImport(der: Uint8Array): Uint8Array
  /** False also for the higher of two equal signatures. @throws where the key is not on the curve */
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean
}

const require = createRequire(import.meta.url)
const secp256k1 = require('secp256k1') as Secp256k1

/** Keys recur, and making one costs as much as using it. */
const KEYS_MAX = 1000
const nativeKeys = new Map<string, KeyObject>()
const addresses = new Map<string, string>()

/** DER of an ed25519 public key, up to its 32 bytes (RFC 8410). */
const ED25519_DER_PREFIX = '302A300506032B6570032100'

export type KeyType = 'ed25519' | 'secp256k1'

/** Undefined for what is no public key of either kind. */
export function publicKeyType(publicKey: string): KeyType | undefined {
  if (/^ED[0-9A-F]{64}$/i.test(publicKey)) return 'ed25519'
  return /^0[23][0-9A-F]{64}$/i.test(publicKey) ? 'secp256k1' : undefined
}

/** @param message hex */
export function isSignature(message: string, signature: string, publicKey: string): boolean {
  const signed = Buffer.from(signature, 'hex')
  if (publicKeyType(publicKey) === 'ed25519') {
    return verifyEd25519(undefined, Buffer.from(message, 'hex'), nativeKey(publicKey), signed)
  }
  try {
    const digest = Buffer.from(sha512Half(message), 'hex')
    return secp256k1.ecdsaVerify(secp256k1.signatureImport(signed), digest, Buffer.from(publicKey, 'hex'))
  } catch {
    return false
  }
}

/** What a claim signs, as hex: `CLM\0`, channel, drops. */
export function claimMessage(channel: string, drops: string): string {
  return encodeForSigningClaim({ channel, amount: drops })
}

/** The address whose master key this is. */
export function addressOf(publicKey: string): string {
  return remember(addresses, publicKey, () => deriveAddress(publicKey))
}

function nativeKey(publicKey: string): KeyObject {
  return remember(nativeKeys, publicKey, () => {
    const der = Buffer.from(ED25519_DER_PREFIX + publicKey.slice(2), 'hex')
    return createPublicKey({ key: der, format: 'der', type: 'spki' })
  })
}

function remember<Value>(table: Map<string, Value>, key: string, make: () => Value): Value {
  let value = table.get(key)
  if (value === undefined) {
    value = make()
    if (table.size >= KEYS_MAX) table.clear()
    table.set(key, value)
  }
  return value
}
