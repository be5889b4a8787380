/**
 * PaymentChannelClaim: pays out of a channel, asks to close it, or takes that back. Testing.
 *
 * `tesSUCCESS` does not mean paid: whoever touches an expired channel deletes it, and nothing else.
 */
import { AccountFlag, hasFlag, type PayChannel, without } from '../state/entries.ts'
import { isZeroIndex } from '../state/indexes.ts'
import { addToBalance, readAccount } from '../state/view.ts'
import { closeChannel, isExpired, readChannel, settleTime } from './channel-rules.ts'
import type { Result } from './results.ts'
import { claimMessage, isSignature, publicKeyType } from './signature.ts'
import type { Transaction, TransactionFields } from './transaction.ts'
import { type ApplyContext, drops, isPositiveDrops, type TransactionType } from './transaction-type.ts'

interface ClaimFields extends TransactionFields {
  readonly Channel: string
  /** The total that is to be paid out. */
  readonly Balance?: string
  /** The total that the signature allows. */
  readonly Amount?: string
  readonly Signature?: string
  readonly PublicKey?: string
}

const RENEW = 0x00010000
const CLOSE = 0x00020000

export const paymentChannelClaim: TransactionType = {
  required: ['Channel'],
  optional: ['Balance', 'Amount', 'Signature', 'PublicKey'],
  unsupported: ['CredentialIDs'],
  flags: RENEW | CLOSE,

  preflight(transaction, rules) {
    const { Balance: balance, Amount: amount, Channel: index } = transaction.fields as ClaimFields
    if (rules.fixCleanup3_2_0 && isZeroIndex(index)) return 'temMALFORMED'
    if (balance !== undefined && !isPositiveDrops(balance)) return 'temBAD_AMOUNT'
    if (amount !== undefined && !isPositiveDrops(amount)) return 'temBAD_AMOUNT'
    if (balance !== undefined && amount !== undefined && BigInt(balance) > BigInt(amount))
      return 'temBAD_AMOUNT'
    if ((transaction.flags & RENEW) !== 0 && (transaction.flags & CLOSE) !== 0) return 'temMALFORMED'
    return checkClaim(transaction)
  },

  apply(context) {
    const { view, transaction } = context
    const fields = transaction.fields as ClaimFields
    const channel = readChannel(view, fields.Channel)
    if (channel === undefined) return 'tecNO_TARGET'
    if (isExpired(channel, context)) {
      closeChannel(view, fields.Channel, channel)
      return 'tesSUCCESS'
    }
    if (fields.Account !== channel.Account && fields.Account !== channel.Destination)
      return 'tecNO_PERMISSION'
    if (fields.Balance !== undefined) {
      const result = payOut(context, channel)
      if (result !== 'tesSUCCESS') return result
    }
    if ((transaction.flags & RENEW) !== 0) {
      if (fields.Account !== channel.Account) return 'tecNO_PERMISSION'
      view.put(fields.Channel, without(readChannel(view, fields.Channel)!, 'Expiration'))
    }
    if ((transaction.flags & CLOSE) !== 0) askToClose(context, fields)
    return 'tesSUCCESS'
  },
}

/** The signature is checked where there is one, whoever sends the claim. */
function checkClaim(transaction: Transaction): Result {
  const fields = transaction.fields as ClaimFields
  const { Signature: signature, PublicKey: key, Balance: balance } = fields
  if (signature === undefined) return 'tesSUCCESS'
  if (key === undefined || balance === undefined || publicKeyType(key) === undefined) return 'temMALFORMED'
  const message = claimMessage(fields.Channel, fields.Amount ?? balance)
  return isSignature(message, signature, key) ? 'tesSUCCESS' : 'temBAD_SIGNATURE'
}

function payOut(context: ApplyContext, channel: PayChannel): Result {
  const { view, rules } = context
  const fields = context.transaction.fields as ClaimFields
  const byDestination = fields.Account === channel.Destination
  if (byDestination && fields.Signature === undefined) {
    return rules.fixCleanup3_2_0 ? 'tecNO_PERMISSION' : 'temBAD_SIGNATURE'
  }
  if (fields.Signature !== undefined && fields.PublicKey !== channel.PublicKey) {
    return rules.fixCleanup3_2_0 ? 'tecNO_PERMISSION' : 'temBAD_SIGNER'
  }
  const total = drops(fields.Balance)!
  const paid = BigInt(channel.Balance)
  if (total > BigInt(channel.Amount) || total <= paid) return 'tecUNFUNDED_PAYMENT'
  const destination = readAccount(view, channel.Destination)
  if (destination === undefined) return 'tecNO_DST'
  if (!byDestination && hasFlag(destination, AccountFlag.depositAuth)) return 'tecNO_PERMISSION'
  view.put(fields.Channel, { ...channel, Balance: String(total) })
  addToBalance(view, channel.Destination, total - paid)
  return 'tesSUCCESS'
}

/** At once where the destination asks or nothing is left; else only the time when it may be closed is set. */
function askToClose(context: ApplyContext, fields: ClaimFields): void {
  const channel = readChannel(context.view, fields.Channel)!
  if (fields.Account === channel.Destination || channel.Balance === channel.Amount) {
    closeChannel(context.view, fields.Channel, channel)
    return
  }
  const end = settleTime(channel, context)
  if (channel.Expiration === undefined || channel.Expiration > end) {
    context.view.put(fields.Channel, { ...channel, Expiration: end })
  }
}
