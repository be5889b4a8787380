/** Names of requests: UUIDs of version 4 (RFC 9562 §5.4), drawn at random (HTTP-09). Layer 2. */
import { encodeHex } from '@hourglass/oer'
import type { Rng } from '@hourglass/sansio'

export function drawRequestId(rng: Rng): string {
  const bytes = rng.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = encodeHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** In lower case; undefined where it is none. */
export function readRequestId(text: string | undefined): string | undefined {
  const lower = text?.toLowerCase()
  return lower !== undefined && UUID_4.test(lower) ? lower : undefined
}

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
