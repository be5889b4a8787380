import { describe, expect, it } from 'vitest'
import { type Arrival, drawArrivals, flipBit, type WayFaults } from './index.ts'
import { seededRng } from './testing/index.ts'

const MESSAGES = 20_000

function draw(faults: WayFaults, seed = 1): Arrival[][] {
  const rng = seededRng(seed)
  return Array.from({ length: MESSAGES }, () => drawArrivals(faults, rng))
}

describe('a message on its way', () => {
  it('arrives once, at once and whole where nothing is wrong, and costs no chance', () => {
    const rng = { bytes: () => expect.fail('chance was asked') }
    expect(drawArrivals({}, rng)).toEqual([{ afterMs: 0, isDetour: false, isCorrupt: false }])
  })

  it('never arrives, or always twice, where that is certain', () => {
    expect(draw({ loss: 1 }).flat()).toEqual([])
    expect(draw({ doubling: 1 }).flat()).toHaveLength(2 * MESSAGES)
  })

  it('meets each fault about as often as it is probable', () => {
    const faults = { loss: 0.1, doubling: 0.2, corruption: 0.3, detour: 0.4, detourMs: 1000 }
    const arrivals = draw(faults).flat()
    const share = (count: number): number => count / arrivals.length
    expect(arrivals.length / MESSAGES).toBeCloseTo(1.2 * 0.9, 1)
    expect(share(arrivals.filter(({ isCorrupt }) => isCorrupt).length)).toBeCloseTo(0.3, 1)
    expect(share(arrivals.filter(({ isDetour }) => isDetour).length)).toBeCloseTo(0.4, 1)
    for (const { isDetour, afterMs } of arrivals) expect(afterMs).toBe(isDetour ? 1000 : 0)
  })

  it('takes what every message takes, and up to the jitter more', () => {
    const delays = new Set(draw({ delayMs: 100, jitterMs: 3 }).flatMap(([arrival]) => [arrival!.afterMs]))
    expect([...delays].toSorted()).toEqual([100, 101, 102, 103])
  })

  it('has the same course for the same chance', () => {
    const faults = { loss: 0.5, jitterMs: 1000 }
    expect(draw(faults, 7)).toEqual(draw(faults, 7))
    expect(draw(faults, 7)).not.toEqual(draw(faults, 8))
  })
})

describe('flipBit', () => {
  it('changes one bit of a copy, any of them; of nothing it makes nothing', () => {
    const rng = seededRng(3)
    const bytes = Uint8Array.of(0, 0, 0)
    const seen = new Set<string>()
    for (let i = 0; i < 1000; i++) seen.add(String(flipBit(bytes, rng)))
    expect(seen.size).toBe(24)
    expect(bytes).toEqual(Uint8Array.of(0, 0, 0))
    for (const flipped of seen) {
      const changed = flipped
        .split(',')
        .map(Number)
        .filter((byte) => byte !== 0)
      expect(changed).toHaveLength(1)
      expect(Math.log2(changed[0]!) % 1).toBe(0)
    }
    expect(flipBit(new Uint8Array(0), rng)).toEqual(new Uint8Array(0))
  })
})
