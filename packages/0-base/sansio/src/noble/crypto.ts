/** Cryptography in JavaScript alone: for browsers, and as the reference of Node's. Base. */
import { gcm } from '@noble/ciphers/aes.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Crypto } from '../crypto.ts'

const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHERTEXT_AT: number = IV_BYTES + TAG_BYTES

export const nobleCrypto: Crypto = {
  sha256: (data) => sha256(data),
  hmacSha256: (key) => (data) => hmac(sha256, key, data),
  aes256Gcm: (key) => ({
    // The library puts the tag last.
    seal(iv, plaintext) {
      const encrypted = gcm(key, iv).encrypt(plaintext)
      const sealed = new Uint8Array(IV_BYTES + encrypted.length)
      sealed.set(iv)
      sealed.set(encrypted.subarray(-TAG_BYTES), IV_BYTES)
      sealed.set(encrypted.subarray(0, -TAG_BYTES), CIPHERTEXT_AT)
      return sealed
    },
    open(sealed) {
      if (sealed.length < CIPHERTEXT_AT) return undefined
      const ciphertext = sealed.subarray(CIPHERTEXT_AT)
      const encrypted = new Uint8Array(ciphertext.length + TAG_BYTES)
      encrypted.set(ciphertext)
      encrypted.set(sealed.subarray(IV_BYTES, CIPHERTEXT_AT), ciphertext.length)
      try {
        return gcm(key, sealed.subarray(0, IV_BYTES)).decrypt(encrypted)
      } catch {
        return undefined
      }
    },
  }),
}
