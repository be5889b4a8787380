/**
 * The transaction types this ledger knows; it says plainly that it does not know the others. Testing.
 */
import { accountDelete } from './account-delete.ts'
import { accountSet } from './account-set.ts'
import { payment } from './payment.ts'
import { paymentChannelClaim } from './payment-channel-claim.ts'
import { paymentChannelCreate } from './payment-channel-create.ts'
import { paymentChannelFund } from './payment-channel-fund.ts'
import { setRegularKey } from './set-regular-key.ts'
import { ticketCreate } from './ticket-create.ts'
import { trustSet } from './trust-set.ts'
import type { TransactionType } from './transaction-type.ts'

const TYPES: Readonly<Record<string, TransactionType>> = {
  AccountDelete: accountDelete,
  AccountSet: accountSet,
  Payment: payment,
  PaymentChannelClaim: paymentChannelClaim,
  PaymentChannelCreate: paymentChannelCreate,
  PaymentChannelFund: paymentChannelFund,
  SetRegularKey: setRegularKey,
  TicketCreate: ticketCreate,
  TrustSet: trustSet,
}

/** Undefined where the type is not implemented: `temDISABLED`. */
export function transactionType(name: string): TransactionType | undefined {
  return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
}
