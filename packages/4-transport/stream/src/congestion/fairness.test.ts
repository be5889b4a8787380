import { describe, expect, it } from 'vitest'
import { type BottleneckOptions, runBottleneck } from '../testing/bottleneck.ts'

/** 1: all get the same; 1/n: one of n gets all. */
function jain(shares: readonly bigint[]): number {
  const sum = shares.reduce((total, share) => total + Number(share), 0)
  const squares = shares.reduce((total, share) => total + Number(share) ** 2, 0)
  return sum ** 2 / (shares.length * squares)
}

const COMMON = { packetAmountMax: 1000n, roundTripMs: 100, ms: 15_000, seed: 7 }

describe.each<[string, Omit<BottleneckOptions, 'connections'>]>([
  ['liquidity for 40 packets', { ...COMMON, liquidity: 40_000n }],
  ['200 packets a second', { ...COMMON, packetsPerSecond: 200 }],
])('STREAM payments that share %s', (_what, options) => {
  it.each([2, 5, 10])('share it fairly, and use it: %i of them (Jain index at least 0.9)', (connections) => {
    const { sent, use } = runBottleneck({ ...options, connections })
    expect(jain(sent)).toBeGreaterThanOrEqual(0.9)
    expect(use).toBeGreaterThanOrEqual(0.75)
  })
})
