/** Bitcoin's hashes: of blocks and transactions. Layer 2, io. */
import { createHash } from 'node:crypto'

/** As people write it. */
export function nameOfHash(hash: Uint8Array): string {
  return Buffer.from(hash).reverse().toString('hex')
}

/** The bytes of a hash the other way round: as people write it, or as blocks hold it. */
export function reversed(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex').reverse())
}

export function doubleSha256(data: Uint8Array): Uint8Array {
  const sha256 = (part: Uint8Array): Buffer => createHash('sha256').update(part).digest()
  return sha256(sha256(data))
}
