/** What both kinds of senders do where nobody says otherwise. Layer 4. */
import type { Ratio } from './ratio.ts'

/** STR-104 */
export const PACKET_LIFETIME_MS = 30_000
/** STR-90: the part of the quoted rate that may be lost on the way. */
export const DEFAULT_SLIPPAGE: Ratio = { numerator: 1n, denominator: 100n }
