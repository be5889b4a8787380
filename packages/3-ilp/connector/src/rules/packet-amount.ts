/** Refuses packets above the account's largest amount: F08 with both numbers (CONN-22, ILP-43, ILP-44). */
import { ErrorCode, encodeAmountTooLarge } from '@hourglass/ilp'
import type { Refusal, Rule } from './rule.ts'

export const packetAmount: Rule = (prepare, account) =>
  account.packetAmountMax !== undefined && prepare.amount > account.packetAmountMax
    ? amountTooLarge(prepare.amount, account.packetAmountMax)
    : undefined

/** Both amounts in the units of the link on which the packet came in; the maximum is inclusive. */
export function amountTooLarge(receivedAmount: bigint, maximumAmount: bigint): Refusal {
  return {
    code: ErrorCode.F08_AMOUNT_TOO_LARGE,
    message: 'amount too large',
    data: encodeAmountTooLarge({ receivedAmount, maximumAmount }),
  }
}
