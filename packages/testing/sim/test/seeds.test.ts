import { describe, expect, it } from 'vitest'
import { commitId } from '../src/commit-id.ts'
import { recordedSeeds, runSeed, runSeeds } from '../src/seeds.ts'

/** CI says 120. */
const SECONDS = Number(process.env['HOURGLASS_SIM_SECONDS'] ?? 20)

describe('a network of real machines, whatever happens to it', { retry: 0 }, () => {
  it.each(recordedSeeds())('stands seed $seed: $why', ({ seed }) => {
    expect(runSeed(seed).failure).toBeUndefined()
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
