/** What may happen to a message on its way, drawn by an injected `Rng`. Layer 2, face. */
import type { Rng } from '@hourglass/sansio'

/** Probabilities are 0 … 1; what is left out does not happen. */
export interface WayFaults {
  /** That a message never arrives. */
  readonly loss?: number
  /** That it arrives twice. */
  readonly doubling?: number
  /** That it arrives with one bit changed. */
  readonly corruption?: number
  /** That it takes a detour, on which others may overtake it. */
  readonly detour?: number
  readonly detourMs?: number
  /** What every message takes, and what it may take more. */
  readonly delayMs?: number
  readonly jitterMs?: number
}

/** One arrival of a message. */
export interface Arrival {
  readonly afterMs: number
  /** Others may come before it that left later. */
  readonly isDetour: boolean
  readonly isCorrupt: boolean
}

/** Its arrivals: none, one or two. */
export function drawArrivals(faults: WayFaults, rng: Rng): Arrival[] {
  const { loss = 0, doubling = 0, corruption = 0, detour = 0 } = faults
  const { delayMs = 0, jitterMs = 0, detourMs = 0 } = faults
  const arrivals: Arrival[] = []
  for (let copies = happens(doubling, rng) ? 2 : 1; copies > 0; copies--) {
    if (happens(loss, rng)) continue
    const isDetour = happens(detour, rng)
    const afterMs = delayMs + drawUpTo(jitterMs, rng) + (isDetour ? detourMs : 0)
    arrivals.push({ afterMs, isDetour, isCorrupt: happens(corruption, rng) })
  }
  return arrivals
}

/** A copy in which one bit differs; an empty one has none. */
export function flipBit(bytes: Uint8Array, rng: Rng): Uint8Array {
  const flipped = bytes.slice()
  if (flipped.length === 0) return flipped
  const bit = drawUpTo(flipped.length * 8 - 1, rng)
  flipped[bit >> 3]! ^= 1 << (bit & 7)
  return flipped
}

/** What cannot happen, or must, costs no chance. */
function happens(probability: number, rng: Rng): boolean {
  return probability > 0 && (probability >= 1 || drawUint32(rng) < probability * 2 ** 32)
}

/** 0 … `max`, all equally likely but for what 2^32 does not divide into. */
function drawUpTo(max: number, rng: Rng): number {
  return max === 0 ? 0 : drawUint32(rng) % (max + 1)
}

function drawUint32(rng: Rng): number {
  const [a = 0, b = 0, c = 0, d = 0] = rng.bytes(4)
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}
