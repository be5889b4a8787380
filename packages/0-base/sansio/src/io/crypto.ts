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

const TAG_BYTES = 16
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
        const sealed = new Uint8Array(TAG_BYTES + plaintext.length)
        sealed.set(cipher.update(plaintext), TAG_BYTES)
        cipher.final()
        sealed.set(cipher.getAuthTag())
        return sealed
      },
      open(iv, sealed) {
        if (sealed.length < TAG_BYTES) return undefined
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
        decipher.setAuthTag(sealed.subarray(0, TAG_BYTES))
        const plaintext = decipher.update(sealed.subarray(TAG_BYTES))
        try {
          decipher.final()
          return plaintext
        } catch {
          return undefined
        }
      },
    }
  },
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
