/**
 * What the network has voted on, and what it charges. Testing.
 */

export interface Rules {
  /**
   * Channel rules of xrpld 3.2.0: other codes, a channel still lives in the second of its expiry, close times that
   * cannot overflow; and, as recorded with it, fixIncludeKeyletFields: a channel shows its Sequence.
   */
  readonly fixCleanup3_2_0: boolean
  readonly networkId: number
}

export const BASE_FEE_DROPS = 10n
export const RESERVE_BASE_DROPS = 1_000_000n
export const RESERVE_INCREMENT_DROPS = 200_000n

/** Network ids up to this one are not written into transactions. */
export const NETWORK_ID_IMPLIED_MAX = 1024

/** What an account that owns so many entries must keep, in drops. */
export function accountReserve(ownerCount: number): bigint {
  return RESERVE_BASE_DROPS + RESERVE_INCREMENT_DROPS * BigInt(ownerCount)
}

/** The server of these rules. */
export function buildVersion(rules: Rules): string {
  return rules.fixCleanup3_2_0 ? '3.2.0' : '2.6.1'
}
