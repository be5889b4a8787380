/** Chance that a seed repeats, for tests alone: mulberry32. Layer 2, testing. */
import type { Rng } from '@hourglass/sansio'

export function seededRng(seed: number): Rng {
  let state = seed >>> 0
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return { bytes: (length) => Uint8Array.from({ length }, () => uint32() & 0xff) }
}
