/** secp256k1 in pure JavaScript: for browsers, and where the native one cannot load. Layer 1. */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Curve } from '../curve.ts'

export const nobleCurve: Curve = {
  publicKey: (privateKey) => secp256k1.getPublicKey(privateKey, false).subarray(1),
  sign(digest, privateKey) {
    const signature = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' })
    return { rs: signature.slice(1), odd: (signature[0]! & 1) === 1 }
  },
  recover(digest, { rs, odd }) {
    const signature = new Uint8Array(65)
    signature[0] = odd ? 1 : 0
    signature.set(rs, 1)
    try {
      const publicKey = secp256k1.recoverPublicKey(signature, digest, { prehash: false })
      return secp256k1.Point.fromBytes(publicKey).toBytes(false).subarray(1)
    } catch {
      return undefined
    }
  },
}
