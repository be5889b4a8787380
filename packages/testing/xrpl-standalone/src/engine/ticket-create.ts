/**
 * TicketCreate: sequence numbers put aside, to be used in any order. Testing.
 */
import { directoryInsert } from '../state/directory.ts'
import { ticketIndex } from '../state/indexes.ts'
import { adjustOwnerCount, readAccount, writeAccount } from '../state/view.ts'
import { accountReserve } from './rules.ts'
import type { TransactionFields } from './transaction.ts'
import type { TransactionType } from './transaction-type.ts'

interface TicketCreateFields extends TransactionFields {
  readonly TicketCount: number
}

/** At a time, and of one account altogether. */
const TICKETS_MAX = 250

export const ticketCreate: TransactionType = {
  required: ['TicketCount'],
  optional: [],
  flags: 0,

  preflight(transaction) {
    const { TicketCount: count } = transaction.fields as TicketCreateFields
    return count < 1 || count > TICKETS_MAX ? 'temINVALID_COUNT' : 'tesSUCCESS'
  },

  preclaim(transaction, view) {
    const { Account: address, TicketCount: count } = transaction.fields as TicketCreateFields
    const had = readAccount(view, address)!.TicketCount ?? 0
    const used = transaction.fields.TicketSequence === undefined ? 0 : 1
    return had + count - used > TICKETS_MAX ? 'tecDIR_FULL' : 'tesSUCCESS'
  },

  apply({ view, transaction, balanceBefore }) {
    const { Account: address, TicketCount: count } = transaction.fields as TicketCreateFields
    const account = readAccount(view, address)!
    if (balanceBefore < accountReserve(account.OwnerCount + count)) return 'tecINSUFFICIENT_RESERVE'
    const first = account.Sequence
    for (let sequence = first; sequence < first + count; sequence += 1) {
      const index = ticketIndex(address, sequence)
      const page = directoryInsert(view, address, index)
      view.put(index, {
        LedgerEntryType: 'Ticket',
        Account: address,
        Flags: 0,
        OwnerNode: page,
        TicketSequence: sequence,
      })
    }
    adjustOwnerCount(view, address, count)
    const owner = readAccount(view, address)!
    writeAccount(view, { ...owner, Sequence: first + count, TicketCount: (owner.TicketCount ?? 0) + count })
    return 'tesSUCCESS'
  },
}
