/**
 * Refuses what would make us owe the next peer more than we may, or than it has been paid ahead: T04 (PCS-22,
 * SEC-35).
 */
import { ErrorCode } from '@hourglass/ilp'
import type { OutgoingRule } from './rule.ts'

export const liquidity: OutgoingRule = ({ destination, amount }) => {
  if (destination.mayBeOwed(amount)) return undefined
  const { id, balance, heldOutgoing: held, payableMax, prepay } = destination
  const refusal = { rule: 'liquidity', code: ErrorCode.T04_INSUFFICIENT_LIQUIDITY, isPrivate: true } as const
  if (prepay !== undefined) {
    const paidAhead = destination.sent - destination.outgoing
    return {
      ...refusal,
      message: 'prepaid money is used up for now',
      why: '{id} has {paidAhead} of ours for packets to come, {held} of it on hold, and this one takes {amount}.',
      numbers: { id, paidAhead, held, amount },
    }
  }
  return {
    ...refusal,
    message: 'insufficient liquidity',
    why: '{id} is owed {payable}, {held} are on hold for it, and with {amount} more it would be above {payableMax}.',
    numbers: { id, payable: -balance, held, amount, payableMax: payableMax ?? 0n },
  }
}
