/** Chance and cryptography of Node. Base, io. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  randomFillSync,
} from 'node:crypto'
import type { Aead, Crypto, Hmac, Rng } from '../crypto.ts'

const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHERTEXT_AT: number = IV_BYTES + TAG_BYTES
const GCM = { authTagLength: TAG_BYTES }
/** One system call fills this many bytes; a call for each IV would cost two hundred times as much. */
const POOL_BYTES = 8192

export const nodeCrypto: Crypto = {
  sha256: (data) => hash('sha256', data, 'buffer'),
  hmacSha256(rawKey): Hmac {
    const key = createSecretKey(rawKey)
    return (data) => createHmac('sha256', key).update(data).digest()
  },
  aes256Gcm(rawKey): Aead {
    const key = createSecretKey(rawKey)
    return {
      seal(iv, plaintext) {
        const cipher = createCipheriv('aes-256-gcm', key, iv)
        // From Node's pool: an array of its own costs a fifth of the encryption.
        const sealed = Buffer.allocUnsafe(CIPHERTEXT_AT + plaintext.length)
        sealed.set(iv)
        sealed.set(cipher.update(plaintext), CIPHERTEXT_AT)
        cipher.final()
        sealed.set(cipher.getAuthTag(), IV_BYTES)
        return plain(sealed)
      },
      open(sealed) {
        if (sealed.length < CIPHERTEXT_AT) return undefined
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), GCM)
        decipher.setAuthTag(sealed.subarray(IV_BYTES, CIPHERTEXT_AT))
        const plaintext = decipher.update(sealed.subarray(CIPHERTEXT_AT))
        try {
          decipher.final()
          return plain(plaintext)
        } catch {
          return undefined
        }
      },
    }
  },
}

/** A plain array, for `slice` of a Buffer does not copy. */
function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

const pool = new Uint8Array(POOL_BYTES)
let taken = POOL_BYTES

export const nodeRng: Rng = {
  bytes(length) {
    if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length))
    if (taken + length > POOL_BYTES) {
      randomFillSync(pool)
      taken = 0
    }
    const bytes = pool.slice(taken, taken + length)
    pool.fill(0, taken, taken + length)
    taken += length
    return bytes
  },
}
