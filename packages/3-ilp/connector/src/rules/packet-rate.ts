/** Refuses Prepares that come faster than the peer may send them: T05, so that it slows down (CONN-20). */
import { ErrorCode } from '@hourglass/ilp'
import type { Rule } from './rule.ts'
import { TokenBucket } from './token-bucket.ts'

/** How often something may happen. */
export interface PacketRate {
  /** Above 0. */
  readonly perMinute: number
  /** At once. Default: as many as come in a minute. */
  readonly burst?: number | undefined
}

/** Each Prepare counts, also one that another rule refuses or that this node answers itself. */
export function packetRate(limit: PacketRate | undefined): Rule | undefined {
  if (limit === undefined) return undefined
  const { perMinute, burst = perMinute } = limit
  const bucket = bucketOf(limit)
  return (_prepare, _account, now) =>
    bucket.take(1n, now)
      ? undefined
      : {
          rule: 'packet-rate',
          code: ErrorCode.T05_RATE_LIMITED,
          message: 'too many packets',
          why: 'The account may send {burst} packets at once and {perMinute} a minute.',
          numbers: { burst, perMinute },
        }
}

export function bucketOf({ perMinute, burst = perMinute }: PacketRate): TokenBucket {
  return new TokenBucket({ perPeriod: BigInt(perMinute), periodMs: 60_000, burst: BigInt(burst) })
}
