/**
 * Fields and flags of a Payment, of either kind of money. Testing.
 */
import type { Amount } from '../state/entries.ts'
import type { TransactionFields } from './transaction.ts'

export interface PaymentFields extends TransactionFields {
  readonly Destination: string
  /** What the destination is to get. */
  readonly Amount: Amount
  readonly DestinationTag?: number
  /** The most it may cost. */
  readonly SendMax?: Amount
  /** With a partial payment: the least that may arrive. */
  readonly DeliverMin?: Amount
}

export const NO_DIRECT_RIPPLE = 0x00010000
/** Less than the amount may arrive, and it still succeeds. */
export const PARTIAL_PAYMENT = 0x00020000
export const LIMIT_QUALITY = 0x00040000
