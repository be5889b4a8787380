/**
 * Chance and cryptography, as protocol code sees them. Base.
 * Both are synchronous, so that no machine waits; keys are prepared once, because in Node a raw key
 * costs three times the operation. Implementations: `@hourglass/sansio/io` (Node), `@hourglass/sansio/noble`
 * (pure JavaScript, for browsers and as reference).
 */

/** Cryptographically strong chance. */
export interface Rng {
  /** A new array of `length` random bytes. */
  bytes(length: number): Uint8Array
}

/** HMAC-SHA-256 under one key: 32 bytes for any input. */
export type Hmac = (data: Uint8Array) => Uint8Array

/** AES-256-GCM under one key, without associated data. */
export interface Aead {
  /** `iv` is 12 bytes and never twice the same under one key. Returns tag (16 bytes) and ciphertext, in that order. */
  seal(iv: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** Takes tag and ciphertext as `seal` returned them. Undefined where they are not authentic. */
  open(iv: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
}

export interface Crypto {
  /** 32 bytes. */
  sha256(data: Uint8Array): Uint8Array
  /** `key` may have any length. */
  hmacSha256(key: Uint8Array): Hmac
  /** `key` is 32 bytes. */
  aes256Gcm(key: Uint8Array): Aead
}
