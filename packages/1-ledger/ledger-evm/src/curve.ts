/** ECDSA on secp256k1, as this package needs it; native in `io/`, pure JavaScript in `noble/`. Layer 1. */

/** A signature from which the signer's key can be told. */
export interface CurveSignature {
  /** r and s, 32 bytes each; s is the lower of the two that would do. */
  readonly rs: Uint8Array
  /** Whether the curve point behind r has an odd y. */
  readonly odd: boolean
}

export interface Curve {
  /** The 64 bytes of the public key, x and y, of a private key of 32. Throws where that is none. */
  publicKey(privateKey: Uint8Array): Uint8Array
  /** Signs 32 bytes; the same digest and key give the same signature (RFC 6979). */
  sign(digest: Uint8Array, privateKey: Uint8Array): CurveSignature
  /** The 64 bytes of the public key that signed; undefined where no key could have. */
  recover(digest: Uint8Array, signature: CurveSignature): Uint8Array | undefined
}

/** Bytes of a signature in the compact form of EIP-2098: r, then s with the parity in its highest bit. */
export const COMPACT_BYTES = 64

/** To the compact form. `signature.rs` is overwritten. */
export function encodeCompact(signature: CurveSignature): Uint8Array {
  if (signature.odd) signature.rs[32]! |= 0x80
  return signature.rs
}

/** From the compact form; undefined for a wrong length. It has no room for the higher of the two s that would do. */
export function decodeCompact(compact: Uint8Array): CurveSignature | undefined {
  if (compact.length !== COMPACT_BYTES) return undefined
  const rs = compact.slice()
  rs[32]! &= 0x7f
  return { rs, odd: compact[32]! >= 0x80 }
}
