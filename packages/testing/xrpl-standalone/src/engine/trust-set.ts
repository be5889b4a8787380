/**
 * TrustSet: how much of whose currency an account wants to hold. Testing.
 * No freezing, no authorization, no quality. Not judged by recordings.
 */
import { AccountFlag, hasFlag, type IssuedAmount } from '../state/entries.ts'
import { changeEnd, createLine, readEnd } from '../state/trust-lines.ts'
import { readAccount } from '../state/view.ts'
import { parseDecimal } from '../state/decimal.ts'
import type { Result } from './results.ts'
import { accountReserve } from './rules.ts'
import type { TransactionFields } from './transaction.ts'
import type { ApplyContext, TransactionType } from './transaction-type.ts'

interface TrustFields extends TransactionFields {
  readonly LimitAmount: IssuedAmount
}

const SET_NO_RIPPLE = 0x00020000
const CLEAR_NO_RIPPLE = 0x00040000

/** The first two entries an account owns need no reserve if they are trust lines. */
const FREE_LINES = 2

export const trustSet: TransactionType = {
  required: ['LimitAmount'],
  optional: [],
  unsupported: ['QualityIn', 'QualityOut'],
  flags: SET_NO_RIPPLE | CLEAR_NO_RIPPLE,

  preflight({ fields, flags }) {
    const { LimitAmount: limit } = fields as TrustFields
    if (typeof limit === 'string') return 'temBAD_LIMIT'
    if (limit.currency === 'XRP') return 'temBAD_CURRENCY'
    if (parseDecimal(limit.value).mantissa < 0n) return 'temBAD_LIMIT'
    const both = SET_NO_RIPPLE | CLEAR_NO_RIPPLE
    return (flags & both) === both ? 'temINVALID_FLAG' : 'tesSUCCESS'
  },

  preclaim({ fields }, view) {
    const { Account: account, LimitAmount: limit } = fields as TrustFields
    if (account === limit.issuer) return 'temDST_IS_SRC'
    const peer = readAccount(view, limit.issuer)
    if (peer === undefined) return 'tecNO_DST'
    const isNew = readEnd(view, account, limit.issuer, limit.currency) === undefined
    const refused = isNew && hasFlag(peer, AccountFlag.disallowIncomingTrustline)
    return refused ? 'tecNO_PERMISSION' : 'tesSUCCESS'
  },

  apply: setTrust,
}

function setTrust({ view, transaction, balanceBefore }: ApplyContext): Result {
  const { Account: account, LimitAmount: amount } = transaction.fields as TrustFields
  const limit = parseDecimal(amount.value)
  const sets = (transaction.flags & SET_NO_RIPPLE) !== 0
  const { OwnerCount: owned } = readAccount(view, account)!
  const canPay = balanceBefore >= (owned < FREE_LINES ? 0n : accountReserve(owned + 1))
  const end = readEnd(view, account, amount.issuer, amount.currency)
  if (end === undefined) {
    if (limit.mantissa === 0n) return 'tecNO_LINE_REDUNDANT'
    if (!canPay) return 'tecNO_LINE_INSUF_RESERVE'
    createLine(view, { account, peer: amount.issuer, currency: amount.currency, limit, noRipple: sets })
    return 'tesSUCCESS'
  }
  // Who owes cannot stop what it owes from passing through.
  if (sets && end.balance.mantissa < 0n) return 'tecNO_PERMISSION'
  const noRipple = sets || (end.noRipple && (transaction.flags & CLEAR_NO_RIPPLE) === 0)
  const paysNow = changeEnd(view, end, limit, noRipple)
  return paysNow && !canPay ? 'tecINSUF_RESERVE_LINE' : 'tesSUCCESS'
}
