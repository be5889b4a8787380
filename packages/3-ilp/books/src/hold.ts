/**
 * A hold: the money of one packet, on the account that it came from and on the one that it went to. Layer 3, books.
 *
 *   sent ──Fulfill──▶ posted                    what the next peer answered decides both sides
 *    │ └──Reject, not sent──▶ voided
 *    ├──restart, link cut──▶ unknown ──the peer is asked──▶ posted or voided
 *    └──too late──▶ given up ──the peer is told──▶ voided; where the peer fulfilled it, the loss is the peer's
 */
import { encodeHex } from '@hourglass/oer'
import type { Instant } from '@hourglass/sansio'
import type { AccountBook } from './account-book.ts'

export type HoldState = 'sent' | 'unknown' | 'given-up'

export interface HoldTerms<Account extends AccountBook> {
  /** Unique among the holds of this node, ever; rises. */
  readonly id: number
  readonly source: Account
  readonly destination: Account
  /** Base units of the source, above 0. */
  readonly incomingAmount: bigint
  /** Base units of the destination. */
  readonly outgoingAmount: bigint
  readonly executionCondition: Uint8Array
  /** As the packet came, and as it went on: with amount and condition, how the two peers name it. */
  readonly incomingExpiresAt: Instant
  readonly outgoingExpiresAt: Instant
}

export interface Hold<Account extends AccountBook = AccountBook> extends HoldTerms<Account> {
  state: HoldState
}

/** How peers name a packet that one sent the other. Twins, such as replays, have one name. */
export interface PacketName {
  readonly amount: bigint
  readonly executionCondition: Uint8Array
  readonly expiresAt: Instant
}

/** How the packet of a hold is named between this node and the next. */
export function outgoingName(
  hold: Pick<HoldTerms<AccountBook>, 'outgoingAmount' | 'executionCondition' | 'outgoingExpiresAt'>,
): PacketName {
  const { outgoingAmount: amount, executionCondition, outgoingExpiresAt: expiresAt } = hold
  return { amount, executionCondition, expiresAt }
}

/** The same for twins alone. */
export function packetKey({ amount, executionCondition, expiresAt }: PacketName): string {
  return `${amount} ${expiresAt} ${encodeHex(executionCondition)}`
}
