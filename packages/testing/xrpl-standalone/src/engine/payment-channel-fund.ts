/**
 * PaymentChannelFund: adds XRP to a channel, and may put its expiry off. Testing.
 */
import { isZeroIndex } from '../state/indexes.ts'
import { addToBalance, readAccount } from '../state/view.ts'
import { closeChannel, isExpired, readChannel, settleTime } from './channel-rules.ts'
import { accountReserve } from './rules.ts'
import type { TransactionFields } from './transaction.ts'
import { isPositiveDrops, type TransactionType } from './transaction-type.ts'

interface FundFields extends TransactionFields {
  readonly Channel: string
  readonly Amount: string
  readonly Expiration?: number
}

export const paymentChannelFund: TransactionType = {
  required: ['Channel', 'Amount'],
  optional: ['Expiration'],
  flags: 0,

  preflight(transaction, rules) {
    const fields = transaction.fields as FundFields
    if (!isPositiveDrops(fields.Amount)) return 'temBAD_AMOUNT'
    return rules.fixCleanup3_2_0 && isZeroIndex(fields.Channel) ? 'temMALFORMED' : 'tesSUCCESS'
  },

  apply(context) {
    const { view, rules } = context
    const fields = context.transaction.fields as FundFields
    let channel = readChannel(view, fields.Channel)
    if (channel === undefined) return 'tecNO_ENTRY'
    if (isExpired(channel, context)) {
      closeChannel(view, fields.Channel, channel)
      return 'tesSUCCESS'
    }
    if (channel.Account !== fields.Account) return 'tecNO_PERMISSION'
    if (fields.Expiration !== undefined) {
      const earliest = Math.min(settleTime(channel, context), channel.Expiration ?? Infinity)
      if (fields.Expiration < earliest) {
        return rules.fixCleanup3_2_0 ? 'tecNO_PERMISSION' : 'temBAD_EXPIRATION'
      }
      channel = { ...channel, Expiration: fields.Expiration }
    }
    const account = readAccount(view, fields.Account)!
    const reserve = accountReserve(account.OwnerCount)
    if (BigInt(account.Balance) < reserve) return 'tecINSUFFICIENT_RESERVE'
    if (BigInt(account.Balance) < reserve + BigInt(fields.Amount)) return 'tecUNFUNDED'
    if (readAccount(view, channel.Destination) === undefined) return 'tecNO_DST'
    view.put(fields.Channel, { ...channel, Amount: String(BigInt(channel.Amount) + BigInt(fields.Amount)) })
    addToBalance(view, fields.Account, -BigInt(fields.Amount))
    return 'tesSUCCESS'
  },
}
