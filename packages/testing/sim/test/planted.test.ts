/** The simulator finds bugs: each one here is planted in the real machines, and some seed must show it. */
import { describe, expect, it } from 'vitest'
import { PLANTED_FAULTS } from './planted/faults.ts'
import { hunt } from './planted/hunt.ts'

/** Within so many seeds each fault is found; most are in the first few. */
const SEEDS_MAX = 60
/** Starting processes takes its time where other tests run. */
const TEST_MS_MAX = 180_000

describe('a simulation of a few seeds', { timeout: TEST_MS_MAX, retry: 0 }, () => {
  it('finds nothing in the machines as they are', async () => {
    expect((await hunt({ seeds: SEEDS_MAX })).sightings).toEqual([])
  })

  it.each(PLANTED_FAULTS)('finds in $path: $bug', async (fault) => {
    const { sightings } = await hunt({ fault, seeds: SEEDS_MAX })
    expect(fault.foundBy, `not found by these, but: ${JSON.stringify(sightings)}`).toContain(
      sightings.at(-1)?.invariant,
    )
  })
})
