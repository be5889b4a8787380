/** Ed25519 of Node, several times as fast as pure JavaScript. secp256k1 stays with the pure one. Layer 1, io. */
import { type KeyObject, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { Curves } from '../curves.ts'
import { nobleCurves } from '../noble/index.ts'

/** A new set has its own memory of keys. */
export function nativeCurves(): Curves {
  const privateKeys = new KeyCache((key) =>
    createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, key]), format: 'der', type: 'pkcs8' }),
  )
  const publicKeys = new KeyCache((key) =>
    createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key]), format: 'der', type: 'spki' }),
  )
  return {
    ...nobleCurves,
    signEd25519: (message, privateKey) => new Uint8Array(sign(null, message, privateKeys.get(privateKey))),
    verifyEd25519: (message, signature, publicKey) =>
      verify(null, message, publicKeys.get(publicKey), signature),
  }
}

/** Keys as Node wants them: to make one costs as much as a signature. */
class KeyCache {
  readonly #make: (key: Uint8Array) => KeyObject
  /** Oldest first. */
  readonly #keys = new Map<string, KeyObject>()

  constructor(make: (key: Uint8Array) => KeyObject) {
    this.#make = make
  }

  get(key: Uint8Array): KeyObject {
    const name = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const made = this.#make(key)
    if (this.#keys.size === KEYS_MAX) this.#keys.delete(this.#keys.keys().next().value!)
    this.#keys.set(name, made)
    return made
  }
}

const KEYS_MAX = 4096

/** What comes before the 32 bytes of an Ed25519 key in its usual wrappings (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
