/** secp256k1 of libsecp256k1, ten to twenty times as fast as pure JavaScript. Layer 1, io. */
import { createRequire } from 'node:module'
import type { Curve } from '../curve.ts'

const require = createRequire(import.meta.url)

/** What is used of the package `secp256k1`, which has no types. */
interface Native {
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number }
  ecdsaRecover(rs: Uint8Array, recid: number, digest: Uint8Array, compressed: boolean): Uint8Array
}

/** The native curve, or the pure one where this platform has no prebuilt module. */
export async function loadCurve(): Promise<Curve> {
  try {
    // Its bindings, not its entry, which falls back to a third implementation without a word.
    return nativeCurve(require('secp256k1/bindings.js') as Native)
  } catch {
    const { nobleCurve } = await import('../noble/index.ts')
    return nobleCurve
  }
}

function nativeCurve(native: Native): Curve {
  return {
    publicKey: (privateKey) => native.publicKeyCreate(privateKey, false).subarray(1),
    sign(digest, privateKey) {
      const { signature, recid } = native.ecdsaSign(digest, privateKey)
      return { rs: signature, odd: (recid & 1) === 1 }
    },
    recover(digest, { rs, odd }) {
      try {
        return native.ecdsaRecover(rs, odd ? 1 : 0, digest, false).subarray(1)
      } catch {
        return undefined
      }
    },
  }
}
