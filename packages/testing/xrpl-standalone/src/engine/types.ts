/**
 * The transaction types this ledger knows; it says plainly that it does not know the others. Testing.
 */
import { payment } from './payment.ts'
import { paymentChannelClaim } from './payment-channel-claim.ts'
import { paymentChannelCreate } from './payment-channel-create.ts'
import { paymentChannelFund } from './payment-channel-fund.ts'
import type { TransactionType } from './transaction-type.ts'

const TYPES: Readonly<Record<string, TransactionType>> = {
  Payment: payment,
  PaymentChannelClaim: paymentChannelClaim,
  PaymentChannelCreate: paymentChannelCreate,
  PaymentChannelFund: paymentChannelFund,
}

/** Undefined where the type is not implemented: `temDISABLED`. */
export function transactionType(name: string): TransactionType | undefined {
  return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
}
