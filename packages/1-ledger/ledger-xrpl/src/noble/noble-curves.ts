/** Both curves in pure JavaScript: for browsers, and as the reference. Layer 1. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { equalBytes } from '@hourglass/sansio'
import type { Curves } from '../curves.ts'

export const nobleCurves: Curves = {
  signEd25519: (message, privateKey) => ed25519.sign(message, privateKey),
  verifyEd25519(message, signature, publicKey) {
    try {
      // The library clears the cofactor, the ledger's servers do not: what differs is points with a small part.
      return (
        ed25519.verify(signature, message, publicKey, { zip215: false }) &&
        ed25519.Point.fromBytes(publicKey).isTorsionFree() &&
        ed25519.Point.fromBytes(signature.subarray(0, 32)).isTorsionFree()
      )
    } catch {
      return false
    }
  },
  signSecp256k1: (digest, privateKey) =>
    secp256k1.sign(digest, privateKey, { prehash: false, format: 'der' }),
  verifySecp256k1(digest, signature, publicKey) {
    try {
      const encoding = secp256k1.Signature.fromBytes(signature, 'der').toBytes('der')
      const options = { prehash: false, format: 'der', lowS: true } as const
      return equalBytes(encoding, signature) && secp256k1.verify(signature, digest, publicKey, options)
    } catch {
      return false
    }
  },
}
