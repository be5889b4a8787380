/**
 * Signatures of transactions and claims. Testing.
 * secp256k1 by ripple-keypairs; ed25519 by the platform, which gives the same answers ten times faster.
 */
import { createPublicKey, type KeyObject, verify as verifyNative } from 'node:crypto'
import { encodeForSigningClaim } from 'ripple-binary-codec'
import { deriveAddress, verify } from 'ripple-keypairs'

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
  if (publicKeyType(publicKey) === 'ed25519') {
    const bytes = Buffer.from(message, 'hex')
    return verifyNative(undefined, bytes, nativeKey(publicKey), Buffer.from(signature, 'hex'))
  }
  try {
    return verify(message, signature, publicKey)
  } catch {
    // Malformed signatures and keys off the curve.
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
