/** Cryptography in JavaScript alone: for browsers, and as the reference of Node's. Base. */
import { gcm } from '@noble/ciphers/aes.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Crypto } from '../crypto.ts'

const TAG_BYTES = 16

export const nobleCrypto: Crypto = {
  sha256: (data) => sha256(data),
  hmacSha256: (key) => (data) => hmac(sha256, key, data),
  aes256Gcm: (key) => ({
    // The library puts the tag last, STREAM first.
    seal(iv, plaintext) {
      const encrypted = gcm(key, iv).encrypt(plaintext)
      const sealed = new Uint8Array(encrypted.length)
      sealed.set(encrypted.subarray(-TAG_BYTES))
      sealed.set(encrypted.subarray(0, -TAG_BYTES), TAG_BYTES)
      return sealed
    },
    open(iv, sealed) {
      if (sealed.length < TAG_BYTES) return undefined
      const encrypted = new Uint8Array(sealed.length)
      encrypted.set(sealed.subarray(TAG_BYTES))
      encrypted.set(sealed.subarray(0, TAG_BYTES), sealed.length - TAG_BYTES)
      try {
        return gcm(key, iv).decrypt(encrypted)
      } catch {
        return undefined
      }
    },
  }),
}
