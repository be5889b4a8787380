/**
 * AccountDelete: an account that nothing hangs on goes, and sends what it has to another. Testing.
 */
import { directoryRemove, ownedIndexes } from '../state/directory.ts'
import { AccountFlag, hasFlag, type Ticket } from '../state/entries.ts'
import { accountIndex, ownerDirectoryIndex } from '../state/indexes.ts'
import { addToBalance, readAccount } from '../state/view.ts'
import { RESERVE_INCREMENT_DROPS } from './rules.ts'
import type { TransactionFields } from './transaction.ts'
import type { TransactionType } from './transaction-type.ts'

interface DeleteFields extends TransactionFields {
  readonly Destination: string
  readonly DestinationTag?: number
}

/** Ledgers for which no old transaction of the account may come back to life. */
const SEQUENCE_DISTANCE = 255

export const accountDelete: TransactionType = {
  required: ['Destination'],
  optional: ['DestinationTag'],
  unsupported: ['CredentialIDs'],
  flags: 0,

  baseFee: () => RESERVE_INCREMENT_DROPS,

  preflight({ fields }) {
    return fields.Account === (fields as DeleteFields).Destination ? 'temDST_IS_SRC' : 'tesSUCCESS'
  },

  preclaim(transaction, view, { ledgerIndex }) {
    const fields = transaction.fields as DeleteFields
    const destination = readAccount(view, fields.Destination)
    if (destination === undefined) return 'tecNO_DST'
    const needsTag = hasFlag(destination, AccountFlag.requireDestinationTag)
    if (needsTag && fields.DestinationTag === undefined) return 'tecDST_TAG_NEEDED'
    if (hasFlag(destination, AccountFlag.depositAuth)) return 'tecNO_PERMISSION'
    if (readAccount(view, fields.Account)!.Sequence + SEQUENCE_DISTANCE > ledgerIndex) return 'tecTOO_SOON'
    const owned = ownedIndexes(view, fields.Account).map((index) => view.get(index))
    return owned.every((entry) => entry?.LedgerEntryType === 'Ticket') ? 'tesSUCCESS' : 'tecHAS_OBLIGATIONS'
  },

  apply({ view, transaction, deliver }) {
    const { Account: address, Destination: destination } = transaction.fields as DeleteFields
    for (const index of ownedIndexes(view, address)) {
      directoryRemove(view, address, { index, page: (view.get(index) as Ticket).OwnerNode }, false)
      view.erase(index)
    }
    // It may have been left empty by what the account owned before.
    if (view.get(ownerDirectoryIndex(address)) !== undefined) view.erase(ownerDirectoryIndex(address))
    const account = readAccount(view, address)!
    addToBalance(view, destination, BigInt(account.Balance))
    view.erase(accountIndex(address), { ...account, Balance: '0' })
    deliver(account.Balance)
    return 'tesSUCCESS'
  },
}
