/** Refuses what would make the peer owe more than it may: T04 that reveals no limit (PCS-05 … 08). */
import { ErrorCode } from '@hourglass/ilp'
import type { Rule } from './rule.ts'

export const balance: Rule = (prepare, account) =>
  account.mayOwe(prepare.amount)
    ? undefined
    : { code: ErrorCode.T04_INSUFFICIENT_LIQUIDITY, message: 'exceeded maximum balance' }
