/** Chance and cryptography of Node. Base, io. */
import { createCipheriv, createDecipheriv, createSecretKey, hash, randomFillSync } from 'node:crypto'
import type { Aead, Crypto, Hmac, Rng } from '../crypto.ts'

const DIGEST_BYTES = 32
const BLOCK_BYTES = 64
const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHERTEXT_AT: number = IV_BYTES + TAG_BYTES
const GCM = { authTagLength: TAG_BYTES }
/** One system call fills this many bytes; a call for each IV would cost two hundred times as much. */
const POOL_BYTES = 8192

export const nodeCrypto: Crypto = {
  sha256: digest,
  /** RFC 2104 by hand: an Hmac object costs Node more than the hashing, and a key of its kind as much again. */
  hmacSha256(rawKey): Hmac {
    const key = rawKey.length > BLOCK_BYTES ? digest(rawKey) : rawKey
    const [inner, outer] = [pad(key, 0x36), pad(key, 0x5c)]
    return (data) => {
      const block = Buffer.allocUnsafe(BLOCK_BYTES + data.length)
      block.set(inner)
      block.set(data, BLOCK_BYTES)
      outerBlock.set(outer)
      outerBlock.write(hash('sha256', block, 'binary'), BLOCK_BYTES, 'binary')
      return digest(outerBlock)
    }
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

const outerBlock = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)
const digestBytes = Buffer.alloc(DIGEST_BYTES)

/** Out of Node as text, since each array that it makes costs twice the hashing. */
function digest(data: Uint8Array): Uint8Array {
  digestBytes.write(hash('sha256', data, 'binary'), 'binary')
  return new Uint8Array(digestBytes)
}

/** A key, filled up to a block, each octet changed by `octet`. */
function pad(key: Uint8Array, octet: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES).fill(octet)
  for (let i = 0; i < key.length; i++) block[i]! ^= key[i]!
  return block
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
