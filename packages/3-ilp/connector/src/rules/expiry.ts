/**
 * Until when a packet may stay with the next peer, or R02 where too little time is left (ILP-26, CONN-14, CONN-16).
 */
import { ErrorCode, type Prepare } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import type { Account } from '../account.ts'
import type { Refusal } from './rule.ts'

export interface ExpiryWindow {
  /** What is taken off a packet's time at this node, and the least that must be left after it. */
  readonly expiryMarginMs: number
  readonly holdTimeMsMax: number
}

/** CONN-15: what we keep of a packet's time to bring a last-moment Fulfill back. */
export const EXPIRY_MARGIN_MS = 1000
/** CONN-15, RISK-13: the longest that money is held for one packet. */
export const HOLD_TIME_MS_MAX = 30_000

/** The window is that of the account on which the packet came in. */
export function outgoingExpiry({ expiresAt }: Prepare, { window }: Account, now: Instant): Instant | Refusal {
  const { expiryMarginMs, holdTimeMsMax } = window
  const outgoing = Math.min(expiresAt - expiryMarginMs, now + holdTimeMsMax)
  if (outgoing - now >= expiryMarginMs) return outgoing
  return {
    rule: 'expiry',
    code: ErrorCode.R02_INSUFFICIENT_TIMEOUT,
    message: 'expires too soon',
    why: 'The packet has {leftMs} ms left, and it takes {neededMs}.',
    numbers: { leftMs: expiresAt - now, neededMs: 2 * expiryMarginMs },
  }
}
