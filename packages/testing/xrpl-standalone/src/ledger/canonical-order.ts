/**
 * The order in which a ledger applies its transactions: by account, under a salt that nobody can choose, so that
 * no account is always first; within an account by sequence, tickets last. Testing.
 */
import type { Transaction } from '../engine/transaction.ts'
import { accountId, sha512Half } from '../state/indexes.ts'

export function canonicalOrder(transactions: readonly Transaction[]): Transaction[] {
  if (transactions.length < 2) return [...transactions]
  const salt = BigInt(`0x${sha512Half(...transactions.map(({ hash }) => hash).sort()).slice(0, 40)}`)
  const keyed = transactions.map((transaction) => ({
    transaction,
    key: (BigInt(`0x${accountId(transaction.fields.Account)}`) ^ salt).toString(16).padStart(40, '0'),
    ticket: transaction.fields.TicketSequence === undefined ? 0 : 1,
  }))
  keyed.sort(
    (left, right) =>
      compare(left.key, right.key) ||
      left.ticket - right.ticket ||
      left.transaction.sequence - right.transaction.sequence ||
      compare(left.transaction.hash, right.transaction.hash),
  )
  return keyed.map(({ transaction }) => transaction)
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
