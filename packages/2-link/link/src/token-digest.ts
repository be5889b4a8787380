/**
 * Bearer tokens, as servers keep and compare them. Layer 2, face.
 * Neither a copy of what is kept nor a clock gives a token away.
 */
import { encodeUtf8 } from '@hourglass/oer'
import type { Crypto } from '@hourglass/sansio'

/** 32 bytes. Tokens are keys, drawn at random: for what people make up, this digest would be too quick to guess. */
export function digestToken(crypto: Pick<Crypto, 'sha256'>, token: string): Uint8Array {
  return crypto.sha256(encodeUtf8(token))
}

/** Takes the same time wherever the two differ. */
export function equalDigests(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0)
  return difference === 0
}
