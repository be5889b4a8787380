/**
 * What a rule of the connector is. Layer 3, connector.
 * A rule looks at a Prepare before money is held for it and says why it may not pass, or nothing.
 * Rules stand in a list and are asked in order; one file each.
 */
import type { ErrorCode, Prepare } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import type { Account } from '../account.ts'

/** Why a packet is rejected: becomes a Reject that names this node. */
export interface Refusal {
  readonly code: (typeof ErrorCode)[keyof typeof ErrorCode]
  /** For people; names neither accounts nor limits (CONN-44, PCS-08). */
  readonly message: string
  /** Data of the Reject, where its code has some (F08). */
  readonly data?: Uint8Array
}

/** Asked with the Prepare as it came in on `account`. */
export type Rule = (prepare: Prepare, account: Account, now: Instant) => Refusal | undefined
