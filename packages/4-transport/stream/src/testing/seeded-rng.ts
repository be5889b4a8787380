/** Chance that repeats. Testing. */
import type { Rng } from '@hourglass/sansio'

/** A small generator with a seed: good enough to choose, never to hide. */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0 || 1
  return {
    bytes: (length) =>
      Uint8Array.from({ length }, () => {
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
        return state & 0xff
      }),
  }
}
