/**
 * Applies one transaction to a view, in the server's order of checks. Testing.
 *
 *   preflight (the transaction itself) -> preclaim (against the ledger) -> fee and sequence -> the type's own work
 *
 * `tec`: the work is dropped, fee and sequence stay. `tem`, `tef`, `tel`, `ter`: nothing happens.
 */
import { directoryRemove } from '../state/directory.ts'
import { AccountFlag, type AccountRoot, hasFlag } from '../state/entries.ts'
import { ticketIndex } from '../state/indexes.ts'
import {
  addToBalance,
  adjustOwnerCount,
  readAccount,
  type ReadView,
  View,
  writeAccount,
} from '../state/view.ts'
import { isFeeOnly, type Result } from './results.ts'
import { BASE_FEE_DROPS, NETWORK_ID_IMPLIED_MAX, type Rules } from './rules.ts'
import { addressOf } from './signature.ts'
import type { Transaction } from './transaction.ts'
import type { LedgerContext, TransactionType } from './transaction-type.ts'
import { transactionType } from './types.ts'

export interface Outcome {
  readonly result: Result
  /** What to merge; undefined where nothing happens. */
  readonly changes: View | undefined
  /** Drops that are gone. */
  readonly feePaid: bigint
  /** What arrived, where the type says so. */
  readonly delivered: unknown
}

/** Bits that every type takes: the signature is canonical, and the mark of inner batch transactions is not ours. */
const UNIVERSAL_FLAGS = 0x80000000

/** @param final a `tec` takes its fee; else it counts as not applied and may be tried again */
export function applyTransaction(
  base: ReadView,
  transaction: Transaction,
  context: LedgerContext,
  final = true,
): Outcome {
  const type = transactionType(transaction.fields.TransactionType)
  if (type === undefined) return refused('temDISABLED')
  const early = preflight(type, transaction, context.rules)
  if (early !== 'tesSUCCESS') return refused(early)
  const claimed = preclaim(type, base, transaction, context)
  if (claimed !== 'tesSUCCESS' && !isFeeOnly(claimed)) return refused(claimed)

  let delivered: unknown
  let result = claimed
  if (claimed === 'tesSUCCESS') {
    const view = new View(base)
    const balanceBefore = BigInt(readAccount(base, transaction.fields.Account)!.Balance)
    const feePaid = takeFee(view, transaction)
    const deliver = (amount: unknown): void => void (delivered = amount)
    result = type.apply({ ...context, transaction, view, balanceBefore, deliver })
    if (result === 'tesSUCCESS') return { result, changes: view, feePaid, delivered }
  }
  if (!isFeeOnly(result) || !final) return refused(result)
  const view = new View(base)
  const feePaid = takeFee(view, transaction)
  return { result, changes: view, feePaid, delivered: undefined }
}

function refused(result: Result): Outcome {
  return { result, changes: undefined, feePaid: 0n, delivered: undefined }
}

function preflight(type: TransactionType, transaction: Transaction, rules: Rules): Result {
  const { fields } = transaction
  if (rules.networkId <= NETWORK_ID_IMPLIED_MAX) {
    if (fields.NetworkID !== undefined) return 'telNETWORK_ID_MAKES_TX_NON_CANONICAL'
  } else {
    if (fields.NetworkID === undefined) return 'telREQUIRES_NETWORK_ID'
    if (fields.NetworkID !== rules.networkId) return 'telWRONG_NETWORK'
  }
  if (transaction.fee < 0n) return 'temBAD_FEE'
  if ((transaction.flags & ~(type.flags | UNIVERSAL_FLAGS)) !== 0) return 'temINVALID_FLAG'
  if (fields.TicketSequence !== undefined && fields.Sequence !== 0) return 'temSEQ_AND_TICKET'
  if (type.unsupported?.some((name) => Object.hasOwn(fields, name)) === true) return 'temDISABLED'
  return type.preflight?.(transaction, rules) ?? 'tesSUCCESS'
}

function preclaim(
  type: TransactionType,
  view: ReadView,
  transaction: Transaction,
  context: LedgerContext,
): Result {
  const { fields } = transaction
  const account = readAccount(view, fields.Account)
  if (account === undefined) return 'terNO_ACCOUNT'
  const checks = [
    () => checkSequence(view, account, transaction),
    () => (fields.AccountTxnID === undefined ? 'tesSUCCESS' : 'tefWRONG_PRIOR'),
    () => (context.ledgerIndex > (fields.LastLedgerSequence ?? Infinity) ? 'tefMAX_LEDGER' : 'tesSUCCESS'),
    () => checkFee(type, view, transaction, context),
    () => checkAuthority(account, transaction),
    () => type.preclaim?.(transaction, view, context) ?? 'tesSUCCESS',
  ] as const
  for (const check of checks) {
    const result = check()
    if (result !== 'tesSUCCESS') return result
  }
  return 'tesSUCCESS'
}

function checkSequence(view: ReadView, account: AccountRoot, transaction: Transaction): Result {
  const { TicketSequence: ticket, Sequence: sequence } = transaction.fields
  if (ticket === undefined) {
    if (account.Sequence === sequence) return 'tesSUCCESS'
    return account.Sequence < sequence ? 'terPRE_SEQ' : 'tefPAST_SEQ'
  }
  if (view.get(ticketIndex(account.Account, ticket)) !== undefined) return 'tesSUCCESS'
  return account.Sequence <= ticket ? 'terPRE_TICKET' : 'tefNO_TICKET'
}

function checkFee(
  type: TransactionType,
  view: ReadView,
  transaction: Transaction,
  context: LedgerContext,
): Result {
  const base = type.baseFee?.(transaction, view) ?? BASE_FEE_DROPS
  const least = context.isOpen ? scaled(base, context.loadFactor) : base
  if (context.isOpen && transaction.fee < least) return 'telINSUF_FEE_P'
  const balance = BigInt(readAccount(view, transaction.fields.Account)!.Balance)
  if (balance >= transaction.fee) return 'tesSUCCESS'
  return balance > 0n && !context.isOpen ? 'tecINSUFF_FEE' : 'terINSUF_FEE_B'
}

/** The least fee under load, rounded up; a load factor has three decimals at most. */
export function scaled(fee: bigint, loadFactor: number): bigint {
  const thousandths = BigInt(Math.round(loadFactor * 1000))
  return (fee * thousandths + 999n) / 1000n
}

function checkAuthority(account: AccountRoot, transaction: Transaction): Result {
  const { SigningPubKey: key } = transaction.fields
  if (key === '') return 'tefNOT_MULTI_SIGNING'
  const signer = addressOf(key)
  if (signer === account.RegularKey) return 'tesSUCCESS'
  if (signer !== account.Account) return 'tefBAD_AUTH'
  return hasFlag(account, AccountFlag.disableMasterKey) ? 'tefMASTER_DISABLED' : 'tesSUCCESS'
}

/** All there is, where that is less than the fee. Returns what was taken. */
function takeFee(view: View, transaction: Transaction): bigint {
  const { Account: address, TicketSequence: ticket } = transaction.fields
  const balance = BigInt(readAccount(view, address)!.Balance)
  const feePaid = transaction.fee < balance ? transaction.fee : balance
  addToBalance(view, address, -feePaid)
  if (ticket === undefined) {
    writeAccount(view, { ...readAccount(view, address)!, Sequence: transaction.fields.Sequence + 1 })
  } else {
    useTicket(view, address, ticket)
  }
  return feePaid
}

function useTicket(view: View, address: string, ticket: number): void {
  const index = ticketIndex(address, ticket)
  const entry = view.get(index)
  if (entry?.LedgerEntryType !== 'Ticket') return
  directoryRemove(view, address, { index, page: entry.OwnerNode })
  view.erase(index)
  adjustOwnerCount(view, address, -1)
  const { TicketCount: count = 1, ...account } = readAccount(view, address)!
  writeAccount(view, count > 1 ? { ...account, TicketCount: count - 1 } : account)
}
