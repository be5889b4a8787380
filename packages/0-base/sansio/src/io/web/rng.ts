/** Chance of the web platform. Base, io. */
import type { Rng } from '../../crypto.ts'

/** As many bytes come from one call. */
const CALL_BYTES_MAX = 65_536

export const webRng: Rng = {
  bytes(length) {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += CALL_BYTES_MAX) {
      crypto.getRandomValues(bytes.subarray(at, at + CALL_BYTES_MAX))
    }
    return bytes
  },
}
