/**
 * PaymentChannelCreate: puts XRP aside for one destination. Testing.
 */
import { AccountFlag, hasFlag, type PayChannel } from '../state/entries.ts'
import { directoryInsert } from '../state/directory.ts'
import { payChannelIndex } from '../state/indexes.ts'
import { addToBalance, adjustOwnerCount, readAccount } from '../state/view.ts'
import type { Result } from './results.ts'
import { accountReserve } from './rules.ts'
import { publicKeyType } from './signature.ts'
import type { TransactionFields } from './transaction.ts'
import { type ApplyContext, isPositiveDrops, type TransactionType } from './transaction-type.ts'

interface CreateFields extends TransactionFields {
  readonly Destination: string
  readonly Amount: string
  readonly SettleDelay: number
  readonly PublicKey: string
  readonly CancelAfter?: number
  readonly DestinationTag?: number
  readonly SourceTag?: number
}

export const paymentChannelCreate: TransactionType = {
  required: ['Destination', 'Amount', 'SettleDelay', 'PublicKey'],
  optional: ['CancelAfter', 'DestinationTag'],
  flags: 0,

  preflight(transaction) {
    const fields = transaction.fields as CreateFields
    if (!isPositiveDrops(fields.Amount)) return 'temBAD_AMOUNT'
    if (fields.Account === fields.Destination) return 'temDST_IS_SRC'
    return publicKeyType(fields.PublicKey) === undefined ? 'temMALFORMED' : 'tesSUCCESS'
  },

  // Before the fee is taken: the fee may eat into the reserve here, but not in PaymentChannelFund.
  preclaim(transaction, view) {
    const fields = transaction.fields as CreateFields
    const account = readAccount(view, fields.Account)!
    const reserve = accountReserve(account.OwnerCount + 1)
    if (BigInt(account.Balance) < reserve) return 'tecINSUFFICIENT_RESERVE'
    if (BigInt(account.Balance) < reserve + BigInt(fields.Amount)) return 'tecUNFUNDED'
    const destination = readAccount(view, fields.Destination)
    if (destination === undefined) return 'tecNO_DST'
    if (hasFlag(destination, AccountFlag.disallowIncomingPayChan)) return 'tecNO_PERMISSION'
    const needsTag = hasFlag(destination, AccountFlag.requireDestinationTag)
    return needsTag && fields.DestinationTag === undefined ? 'tecDST_TAG_NEEDED' : 'tesSUCCESS'
  },

  apply(context) {
    const fields = context.transaction.fields as CreateFields
    if (fields.CancelAfter !== undefined && context.parentCloseTime > fields.CancelAfter) return 'tecEXPIRED'
    return create(context, fields)
  },
}

function create(context: ApplyContext, fields: CreateFields): Result {
  const { transaction, view, rules } = context
  const index = payChannelIndex(fields.Account, fields.Destination, transaction.sequence)
  const channel: PayChannel = {
    LedgerEntryType: 'PayChannel',
    Account: fields.Account,
    Destination: fields.Destination,
    Amount: fields.Amount,
    Balance: '0',
    PublicKey: fields.PublicKey,
    SettleDelay: fields.SettleDelay,
    Flags: 0,
    OwnerNode: directoryInsert(view, fields.Account, index),
    DestinationNode: directoryInsert(view, fields.Destination, index),
    ...(fields.CancelAfter === undefined ? {} : { CancelAfter: fields.CancelAfter }),
    ...(fields.SourceTag === undefined ? {} : { SourceTag: fields.SourceTag }),
    ...(fields.DestinationTag === undefined ? {} : { DestinationTag: fields.DestinationTag }),
    ...(rules.fixCleanup3_2_0 ? { Sequence: transaction.sequence } : {}),
  }
  view.put(index, channel)
  addToBalance(view, fields.Account, -BigInt(fields.Amount))
  adjustOwnerCount(view, fields.Account, 1)
  return 'tesSUCCESS'
}
