/** Has the simulator look for a planted fault, in a process of its own. Testing. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PlantedFault } from './fault.ts'

export interface HuntOrder {
  /** Undefined: the machines as they are. */
  readonly fault?: PlantedFault
  /** Seeds 0, 1, …: so many at most. */
  readonly seeds: number
}

/** A seed that failed. */
export interface Sighting {
  readonly seed: number
  /** The invariant that broke, or the name of what a machine threw. */
  readonly invariant: string
  readonly message: string
}

export interface Hunt {
  readonly sightings: readonly Sighting[]
}

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url))
/** Whatever takes as long goes round in circles. */
const HUNT_MS_MAX = 120_000
const OUTPUT_BYTES_MAX = 10_000_000

/** @throws Error where the fault cannot be planted, or the simulator does not come to an end */
export async function hunt(order: HuntOrder): Promise<Hunt> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@hourglass/source', CHILD, JSON.stringify(order)],
    { timeout: HUNT_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX },
  )
  return JSON.parse(stdout) as Hunt
}
