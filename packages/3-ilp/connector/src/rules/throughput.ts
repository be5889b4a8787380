/**
 * Refuses money that moves faster than the account's limit: T04, and F08 where the packet could never pass.
 * Impl: ilp-connector, rafiki (CONN-21). What a later rule refuses has counted.
 */
import { ErrorCode } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import { divFloor } from '../ratio.ts'
import { amountTooLarge } from './packet-amount.ts'
import type { OutgoingRule, Refusal, Rule } from './rule.ts'
import { TokenBucket } from './token-bucket.ts'

/** Base units of the account's asset a second; as much at once. */
export interface Throughput {
  readonly incoming?: bigint | undefined
  readonly outgoing?: bigint | undefined
}

export function incomingThroughput({ incoming: perSecond }: Throughput = {}): Rule | undefined {
  if (perSecond === undefined) return undefined
  const bucket = bucketOf(perSecond)
  return ({ amount }, _account, now) => {
    if (amount > perSecond) return amountTooLarge(amount, perSecond)
    return refuse(bucket, amount, now)
  }
}

export function outgoingThroughput({ outgoing: perSecond }: Throughput = {}): OutgoingRule | undefined {
  if (perSecond === undefined) return undefined
  const bucket = bucketOf(perSecond)
  return ({ amount, conversion }, prepare, now) => {
    if (amount > perSecond) return amountTooLarge(prepare.amount, divFloor(perSecond, conversion.ratio))
    const refusal = refuse(bucket, amount, now)
    return refusal === undefined ? undefined : { ...refusal, isPrivate: true }
  }
}

function bucketOf(perSecond: bigint): TokenBucket {
  return new TokenBucket({ perPeriod: perSecond, periodMs: 1000, burst: perSecond })
}

function refuse(bucket: TokenBucket, amount: bigint, now: Instant): Refusal | undefined {
  if (bucket.take(amount, now)) return undefined
  return {
    rule: 'throughput',
    code: ErrorCode.T04_INSUFFICIENT_LIQUIDITY,
    message: 'exceeded throughput',
    why: 'With {amount} more, the account would move more than {perSecond} a second.',
    numbers: { amount, perSecond: bucket.burst },
  }
}
