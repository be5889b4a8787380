/**
 * What a transaction type brings along; one file each. Testing.
 */
import type { ReadView, View } from '../state/view.ts'
import type { Result } from './results.ts'
import type { Rules } from './rules.ts'
import type { Transaction } from './transaction.ts'

/** The ledger that a transaction is applied to. */
export interface LedgerContext {
  readonly rules: Rules
  readonly ledgerIndex: number
  /** Close time of the ledger before, the only clock that transactions know; seconds since 2000. */
  readonly parentCloseTime: number
  /** Not yet closed: fees follow the server's load. */
  readonly isOpen: boolean
  /** Multiplies the least fee of an open ledger. */
  readonly loadFactor: number
}

export interface ApplyContext extends LedgerContext {
  readonly transaction: Transaction
  readonly view: View
  /** Drops of the account before the fee was taken. */
  readonly balanceBefore: bigint
  /** Notes what arrived, where that is not simply what was asked for. */
  readonly deliver: (amount: unknown) => void
}

export interface TransactionType {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** Fields of the real type that are not implemented: `temDISABLED`. */
  readonly unsupported?: readonly string[]
  /** Bits of Flags that mean something here. */
  readonly flags: number
  /** The least fee in drops, where that is not the ordinary one. */
  readonly baseFee?: (transaction: Transaction, view: ReadView) => bigint
  /** Without any ledger: `tesSUCCESS` or a `tem`. */
  readonly preflight?: (transaction: Transaction, rules: Rules) => Result
  /** Against the ledger, before fee and sequence are taken. */
  readonly preclaim?: (transaction: Transaction, view: ReadView, context: LedgerContext) => Result
  /** After fee and sequence; whatever it wrote is dropped where it does not succeed. */
  readonly apply: (context: ApplyContext) => Result
}

/** Drops, or undefined where the amount is not XRP. */
export function drops(amount: unknown): bigint | undefined {
  return typeof amount === 'string' && /^-?\d+$/.test(amount) ? BigInt(amount) : undefined
}

export function isPositiveDrops(amount: unknown): boolean {
  return (drops(amount) ?? 0n) > 0n
}
