/** Native secp256k1 on a digest that is there already, checked against a known key: the curve alone. Tooling. */
import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import type { VoucherSubject } from '../../benches/voucher.ts'
import { PRIVATE_KEY } from '../../voucher.ts'

/** What is used of the package `secp256k1`, which has no types. */
interface Secp256k1 {
  publicKeyCreate(privateKey: Uint8Array): Uint8Array
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array }
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean
}

const require = createRequire(import.meta.url)
// Its bindings, not its entry, which falls back to JavaScript without a word.
const secp256k1 = require('secp256k1/bindings.js') as Secp256k1

const DIGESTS = 64

export const subject: VoucherSubject<Uint8Array> = {
  open() {
    const publicKey = secp256k1.publicKeyCreate(PRIVATE_KEY)
    const digests = Array.from({ length: DIGESTS }, (_, i) => hash('sha256', String(i), 'buffer'))
    const digestFor = (amount: bigint): Buffer => digests[Number(amount) % DIGESTS]!
    return Promise.resolve({
      sign: (amount) => secp256k1.ecdsaSign(digestFor(amount), PRIVATE_KEY).signature,
      verify: (amount, claim) => secp256k1.ecdsaVerify(claim, digestFor(amount), publicKey),
    })
  },
}
