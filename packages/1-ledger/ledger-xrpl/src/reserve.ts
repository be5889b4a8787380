/** What an account can pay for. Layer 1. Spec: XRP Ledger, reserves. */
import { type Refused, type SendStep, refuse } from './plan.ts'

export interface Reserves {
  /** Drops that an account may not spend. */
  readonly reserveBaseDrops: bigint
  /** The same, for each object that it owns. */
  readonly reserveIncrementDrops: bigint
}

/** What the account has and is in one ledger. */
export interface AccountRoot {
  /** Of its next transaction. */
  readonly sequence: number
  readonly balanceDrops: bigint
  /** Objects that it owns, and that need a reserve each. */
  readonly ownerCount: number
}

/** Why the account cannot pay for a step; undefined where it can. Fees, and they alone, may use the reserve. */
export function lackingOf(
  { escrows, opens }: Pick<SendStep, 'escrows' | 'opens'>,
  { balanceDrops, ownerCount }: AccountRoot,
  { reserveBaseDrops, reserveIncrementDrops }: Reserves,
  feeDrops: bigint,
): Refused | undefined {
  const objects = BigInt(ownerCount + (opens ? 1 : 0))
  const reserve = escrows === 0n ? 0n : reserveBaseDrops + objects * reserveIncrementDrops
  const needed = reserve + escrows + feeDrops
  if (balanceDrops >= needed) return undefined
  const parts = `${escrows} to move, ${reserve} of reserve, ${feeDrops} of fee`
  return refuse(
    `the account holds ${balanceDrops} drops where it needs ${needed} (${parts})`,
    'insufficient-funds',
  )
}
