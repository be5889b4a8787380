/** The two kinds of signature that the XRP Ledger knows; native in `io/`, pure JavaScript in `noble/`. Layer 1. */

export interface Curves {
  /** Ed25519 (RFC 8032): 64 bytes. */
  signEd25519(message: Uint8Array, privateKey: Uint8Array): Uint8Array
  /** `publicKey` is the 32 bytes of the point. False for all that is malformed, and all that the ledger refuses. */
  verifyEd25519(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
  /** ECDSA on secp256k1: a DER signature with the lower s. The same digest and key give the same (RFC 6979). */
  signSecp256k1(digest: Uint8Array, privateKey: Uint8Array): Uint8Array
  /** `publicKey` is the 33 bytes of the point. The signature must be in the one encoding that the ledger takes. */
  verifySecp256k1(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
}

export interface KeyPair {
  /** As the ledger writes it, 33 bytes: ED and an Ed25519 key, or a compressed point of secp256k1. */
  readonly publicKey: Uint8Array
  /** 32 bytes. */
  readonly privateKey: Uint8Array
}

/** First byte of an Ed25519 key. */
export const ED25519_TAG = 0xed

/** Whether that is a key of either kind, in its one notation here: lower-case hex. */
export function isPublicKey(text: string): boolean {
  return /^(?:ed|02|03)[0-9a-f]{64}$/.test(text)
}
