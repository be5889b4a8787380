/** What may be wrong with a route message: the codes of this package's `DecodeError`s. Layer 3, wire. */
import type { OerFault } from '@hourglass/oer'

export type RoutingFault =
  | OerFault
  /** A mode of route control that is not defined. */
  | 'bad-mode'
  /** A Prepare to another destination. */
  | 'bad-destination'
  /** Not the condition that all messages between peers have. */
  | 'bad-condition'
  /** Money, which nobody would have. */
  | 'bad-amount'
