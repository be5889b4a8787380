import { describe, expect, it } from 'vitest'
import { Chance } from '../src/chance.ts'
import { commitId } from '../src/commit-id.ts'
import { runScenario } from '../src/scenario.ts'
import { recordedSeeds, runSeed, runSeeds } from '../src/seeds.ts'
import { drawNetwork } from '../src/topology.ts'

/** CI says 120. */
const SECONDS = Number(process.env['HOURGLASS_SIM_SECONDS'] ?? 20)
/** Of some the two connectors pay ahead. */
const CALM_SEEDS = 20

describe('a network of real machines, whatever happens to it', { retry: 0 }, () => {
  it.each(recordedSeeds())('stands seed $seed: $why', ({ seed }) => {
    expect(runSeed(seed).failure).toBeUndefined()
  })

  it('lets payments through where peers pay ahead', () => {
    const seeds = Array.from({ length: CALM_SEEDS }, (_, i) => `calm-${i}`)
    const ahead = seeds.filter((seed) => {
      return drawNetwork(new Chance(seed).fork('network'), 2).peerings[0]?.prepay !== undefined
    })
    const runs = ahead.map((seed) => runScenario({ seed, nodes: 2, faults: [], isHonest: true }))
    expect(runs.map(({ failure }) => failure)).toEqual(runs.map(() => undefined))
    const complete = runs.map(({ outcomes }) => outcomes.get('complete') ?? 0)
    expect(complete.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
  })

  it(
    'stands the seeds of this commit, and in the end peers agree on every balance (PCS-04)',
    () => {
      const { seeds, packets } = runSeeds(commitId(), SECONDS * 1000)
      expect(seeds).toBeGreaterThan(0)
      expect(packets).toBeGreaterThan(0)
    },
    SECONDS * 1000 + 60_000,
  )
})
