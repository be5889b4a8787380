/** The machine's clock, which never falls. Base, io. */
import type { Instant } from '../machine.ts'

let latest = 0

/** Milliseconds since the UNIX epoch; where the system clock is set back, it stands still until caught up. */
export function now(): Instant {
  latest = Math.max(latest, Date.now())
  return latest
}
