/**
 * SetRegularKey: a second key for an account, or none. Testing.
 */
import { AccountFlag, hasFlag, withFlag, without } from '../state/entries.ts'
import { readAccount, type ReadView, writeAccount } from '../state/view.ts'
import { BASE_FEE_DROPS } from './rules.ts'
import { addressOf } from './signature.ts'
import type { Transaction, TransactionFields } from './transaction.ts'
import type { TransactionType } from './transaction-type.ts'

interface SetRegularKeyFields extends TransactionFields {
  readonly RegularKey?: string
}

export const setRegularKey: TransactionType = {
  required: [],
  optional: ['RegularKey'],
  flags: 0,

  baseFee: (transaction, view) => (isFree(transaction, view) ? 0n : BASE_FEE_DROPS),

  preflight({ fields }) {
    return (fields as SetRegularKeyFields).RegularKey === fields.Account ? 'temBAD_REGKEY' : 'tesSUCCESS'
  },

  apply({ view, transaction }) {
    const { Account: address, RegularKey: key } = transaction.fields as SetRegularKeyFields
    const account = without(readAccount(view, address)!, 'RegularKey')
    if (key === undefined && hasFlag(account, AccountFlag.disableMasterKey)) return 'tecNO_ALTERNATIVE_KEY'
    const spent = isFree(transaction, view)
    writeAccount(view, {
      ...account,
      Flags: withFlag(
        account.Flags,
        AccountFlag.passwordSpent,
        spent || hasFlag(account, AccountFlag.passwordSpent),
      ),
      ...(key === undefined ? {} : { RegularKey: key }),
    })
    return 'tesSUCCESS'
  },
}

/** Once, by the master key, a new key costs nothing; a payment that comes in makes it free again. */
function isFree({ fields }: Transaction, view: ReadView): boolean {
  const account = readAccount(view, fields.Account)!
  return !hasFlag(account, AccountFlag.passwordSpent) && addressOf(fields.SigningPubKey) === fields.Account
}
