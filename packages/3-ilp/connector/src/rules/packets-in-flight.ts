/** Refuses a peer's next Prepare while too many of its own are unanswered: T05, so that it slows down. */
import { ErrorCode } from '@hourglass/ilp'
import type { Rule } from './rule.ts'

export const packetsInFlight: Rule = (_prepare, { packetsInFlight: unanswered, packetsInFlightMax }) =>
  unanswered >= packetsInFlightMax
    ? {
        rule: 'packets-in-flight',
        code: ErrorCode.T05_RATE_LIMITED,
        message: 'too many packets in flight',
        why: '{unanswered} packets of the account are unanswered, and no more than {packetsInFlightMax} may be.',
        numbers: { unanswered, packetsInFlightMax },
      }
    : undefined
