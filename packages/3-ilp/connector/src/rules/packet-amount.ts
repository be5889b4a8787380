/**
 * Refuses packets above the account's largest amount, F08 with both numbers (CONN-22, ILP-43, ILP-44), and those
 * below its smallest, R01. Packets without money are none of this rule's business.
 */
import { AMOUNT_MAX, ErrorCode, encodeAmountTooLarge } from '@hourglass/ilp'
import { divFloor } from '../ratio.ts'
import type { OutgoingRule, Refusal, Rule } from './rule.ts'

export const packetAmount: Rule = ({ amount }, { packetAmountMax, packetAmountMin }) => {
  if (packetAmountMax !== undefined && amount > packetAmountMax)
    return amountTooLarge(amount, packetAmountMax)
  return amount !== 0n && amount < packetAmountMin ? amountTooSmall(amount, packetAmountMin) : undefined
}

/** ILP-24; CONN-23: the numbers go back in the units in which the packet came. */
export const outgoingAmount: OutgoingRule = ({ amount, destination, conversion }, prepare) => {
  const { outgoingAmountMax: max = AMOUNT_MAX, packetAmountMin: min } = destination
  if (amount > max) {
    return { ...amountTooLarge(prepare.amount, divFloor(max, conversion.ratio)), rule: 'outgoing-amount' }
  }
  if (amount === 0n || amount >= min) return undefined
  return { ...amountTooSmall(amount, min), rule: 'outgoing-amount', isPrivate: true }
}

/** Both amounts in the units of the link on which the packet came in; the maximum is inclusive. */
export function amountTooLarge(receivedAmount: bigint, maximumAmount: bigint): Refusal {
  return {
    rule: 'packet-amount',
    code: ErrorCode.F08_AMOUNT_TOO_LARGE,
    message: 'amount too large',
    data: encodeAmountTooLarge({ receivedAmount, maximumAmount }),
    why: 'A packet of {receivedAmount} is larger than the {maximumAmount} that pass at once.',
    numbers: { receivedAmount, maximumAmount },
  }
}

function amountTooSmall(amount: bigint, packetAmountMin: bigint): Refusal {
  return {
    rule: 'packet-amount',
    code: ErrorCode.R01_INSUFFICIENT_SOURCE_AMOUNT,
    message: 'amount too small',
    why: 'A packet of {amount} is smaller than the {packetAmountMin} that are worth forwarding.',
    numbers: { amount, packetAmountMin },
  }
}
