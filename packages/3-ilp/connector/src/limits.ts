/**
 * How far an account trusts its peer, and when it settles. Layer 3, connector.
 * Spec: IL-RFC 32 "Accounts and Balances", "Settlement Models". All amounts are base units of the account's asset.
 *
 *   on credit     the peer owes us up to `balanceMax`; we pay what we owe from `settleThreshold` on, down to `settleTo`
 *   each packet   the same with a threshold of 1: what is fulfilled is settled at once
 *   paid ahead    the peer holds `prepay` of ours, and need not trust us at all: its `balanceMax` may be 0
 */

export interface Limits {
  /** The most that the peer may owe us: for packets, holds included, and for what it has been paid ahead. */
  readonly balanceMax: bigint
  /** The most that we may owe the peer, holds included. Undefined: no limit of ours. */
  readonly payableMax?: bigint | undefined
  /** Settle as soon as we owe the peer as much (X-PCS). Undefined: never. */
  readonly settleThreshold?: bigint | undefined
  /** What we still owe after a settlement; below the threshold. Default 0. */
  readonly settleTo?: bigint | undefined
  /**
   * The most that the peer holds of ours for packets to come: half of it used, it is filled up, and packets go out
   * against it alone. At least 2, at most `balanceMax`; instead of `payableMax`, `settleThreshold` and `settleTo`.
   */
  readonly prepay?: bigint | undefined
}

/** Why limits cannot be meant together (PCS-15); undefined: they can. */
export function contradictionIn(limits: Limits): string | undefined {
  const { balanceMax, payableMax, prepay, settleThreshold, settleTo } = limits
  if (settleThreshold !== undefined && (settleTo ?? 0n) >= settleThreshold) {
    return 'settleTo must be below settleThreshold'
  }
  if (payableMax !== undefined && payableMax < (settleThreshold ?? 0n)) {
    return 'settleThreshold must not be above payableMax'
  }
  if (prepay === undefined) return undefined
  if (payableMax !== undefined || settleThreshold !== undefined || settleTo !== undefined) {
    return 'prepay takes the place of payableMax, settleThreshold and settleTo'
  }
  if (prepay < 2n) return 'prepay must be at least 2'
  return prepay > balanceMax ? 'prepay must not be above what the peer may owe' : undefined
}
