/**
 * Payment, and of XRP in particular: it creates the destination where there is none. Testing.
 */
import { AccountFlag, hasFlag, withFlag } from '../state/entries.ts'
import { addToBalance, readAccount, writeAccount } from '../state/view.ts'
import { payIssued, preflightIssued } from './issued-payment.ts'
import { LIMIT_QUALITY, NO_DIRECT_RIPPLE, PARTIAL_PAYMENT, type PaymentFields } from './payment-fields.ts'
import type { Result } from './results.ts'
import { accountReserve } from './rules.ts'
import { type ApplyContext, drops, isPositiveDrops, type TransactionType } from './transaction-type.ts'

export const payment: TransactionType = {
  required: ['Destination', 'Amount'],
  optional: ['DestinationTag', 'SendMax', 'DeliverMin', 'InvoiceID'],
  unsupported: ['Paths', 'CredentialIDs', 'DomainID'],
  flags: NO_DIRECT_RIPPLE | PARTIAL_PAYMENT | LIMIT_QUALITY,

  preflight(transaction) {
    const fields = transaction.fields as PaymentFields
    if (drops(fields.Amount) === undefined) return preflightIssued(transaction)
    if (!isPositiveDrops(fields.Amount)) return 'temBAD_AMOUNT'
    if (fields.Account === fields.Destination) return 'temREDUNDANT'
    if (fields.SendMax !== undefined) return 'temBAD_SEND_XRP_MAX'
    return (transaction.flags & PARTIAL_PAYMENT) !== 0 ? 'temBAD_SEND_XRP_PARTIAL' : 'tesSUCCESS'
  },

  preclaim(transaction, view) {
    const fields = transaction.fields as PaymentFields
    const destination = readAccount(view, fields.Destination)
    if (destination === undefined) {
      const amount = drops(fields.Amount)
      if (amount === undefined) return 'tecNO_DST'
      return amount < accountReserve(0) ? 'tecNO_DST_INSUF_XRP' : 'tesSUCCESS'
    }
    const needsTag = hasFlag(destination, AccountFlag.requireDestinationTag)
    return needsTag && fields.DestinationTag === undefined ? 'tecDST_TAG_NEEDED' : 'tesSUCCESS'
  },

  apply: (context) => (isXrp(context) ? payXrp(context) : payIssued(context)),
}

function isXrp({ transaction }: ApplyContext): boolean {
  return drops((transaction.fields as PaymentFields).Amount) !== undefined
}

function payXrp(context: ApplyContext): Result {
  const { view, transaction } = context
  const fields = transaction.fields as PaymentFields
  const amount = drops(fields.Amount)!
  const source = readAccount(view, fields.Account)!
  const reserve = accountReserve(source.OwnerCount)
  // The fee may come out of the reserve, the amount may not.
  const kept = reserve > transaction.fee ? reserve : transaction.fee
  if (context.balanceBefore < amount + kept) return 'tecUNFUNDED_PAYMENT'
  const destination = readAccount(view, fields.Destination)
  if (destination === undefined) {
    writeAccount(view, {
      LedgerEntryType: 'AccountRoot',
      Account: fields.Destination,
      Balance: '0',
      Flags: 0,
      OwnerCount: 0,
      Sequence: context.ledgerIndex,
    })
  } else {
    // DepositAuth lets just enough through to lift an account up to the reserve.
    const enough = amount > accountReserve(0) || BigInt(destination.Balance) > accountReserve(0)
    if (hasFlag(destination, AccountFlag.depositAuth) && enough) return 'tecNO_PERMISSION'
    if (hasFlag(destination, AccountFlag.passwordSpent)) {
      writeAccount(view, {
        ...destination,
        Flags: withFlag(destination.Flags, AccountFlag.passwordSpent, false),
      })
    }
  }
  addToBalance(view, fields.Account, -amount)
  addToBalance(view, fields.Destination, amount)
  context.deliver(fields.Amount)
  return 'tesSUCCESS'
}
