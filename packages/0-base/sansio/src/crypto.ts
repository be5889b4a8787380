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

/** AES-256-GCM under one key, without associated data. What it seals is: IV 12 bytes | tag 16 bytes | ciphertext. */
export interface Aead {
  /** `iv` is never twice the same under one key. */
  seal(iv: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** The plaintext; undefined where `sealed` is not authentic, or too short to be. */
  open(sealed: Uint8Array): Uint8Array | undefined
}

export interface Crypto {
  /** 32 bytes. */
  sha256(data: Uint8Array): Uint8Array
  /** `key` may have any length. */
  hmacSha256(key: Uint8Array): Hmac
  /** `key` is 32 bytes. */
  aes256Gcm(key: Uint8Array): Aead
}
