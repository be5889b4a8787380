/**
 * What a rule of the connector is. Layer 3, connector.
 * A rule looks at a Prepare before money is held for it and says why it may not pass, or nothing.
 * One file each; `of-account.ts` puts those that an account has switched on into their order.
 */
import type { ErrorCode, Prepare } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import type { Account } from '../account.ts'
import type { Forwarded } from '../forward.ts'

/** Why a packet is rejected: becomes a Reject that names this node, and a rejection that can be explained. */
export interface Refusal {
  readonly code: (typeof ErrorCode)[keyof typeof ErrorCode]
  /** For people; names neither accounts nor limits (CONN-44, PCS-08). */
  readonly message: string
  /** Data of the Reject, where its code has some (F08). */
  readonly data?: Uint8Array
  /** Which rule, or part of the node, says no. */
  readonly rule: string
  /** One sentence for who may know; each `{name}` stands for one of `numbers`. Default: the message. */
  readonly why?: string
  readonly numbers?: Numbers
  /** Whether sentence and numbers tell of another account than the payer's: then the payer's peer is shown neither. */
  readonly isPrivate?: boolean
}

/** Numbers and names behind a refusal, by their names in its sentence. */
export type Numbers = Readonly<Record<string, bigint | number | string>>

/** Asked with the Prepare as it came in on `account`. */
export type Rule = (prepare: Prepare, account: Account, now: Instant) => Refusal | undefined

/** Asked with the packet as it would go out, and with the Prepare that it comes from. */
export type OutgoingRule = (outgoing: Forwarded, prepare: Prepare, now: Instant) => Refusal | undefined
