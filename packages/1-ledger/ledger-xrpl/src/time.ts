/** Time on the XRP Ledger: whole seconds since 2000-01-01T00:00:00Z. Layer 1. */
import type { Instant } from '@hourglass/sansio'

/** That moment, in seconds of the UNIX epoch. */
const RIPPLE_EPOCH_S = 946_684_800

export function toInstant(rippleTimeS: number): Instant {
  return (rippleTimeS + RIPPLE_EPOCH_S) * 1000
}
