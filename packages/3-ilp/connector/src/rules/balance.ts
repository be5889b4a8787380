/** Refuses what would make the peer owe more than it may: T04 that reveals no limit (PCS-05 … 08). */
import { ErrorCode } from '@hourglass/ilp'
import type { Rule } from './rule.ts'

export const balance: Rule = ({ amount }, account) =>
  account.mayOwe(amount)
    ? undefined
    : {
        rule: 'balance',
        code: ErrorCode.T04_INSUFFICIENT_LIQUIDITY,
        message: 'exceeded maximum balance',
        why:
          'The account owes {balance}, {held} of its packets are on hold, ' +
          'and with {amount} more it would be above {balanceMax}.',
        numbers: {
          amount,
          balance: account.balance,
          held: account.heldIncoming,
          balanceMax: account.balanceMax,
        },
      }
