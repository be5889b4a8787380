/** How a payment ends. Layer 4. */
import { ErrorCode } from '@hourglass/ilp'

export type PaymentOutcome =
  /** All that was asked for was sent, or delivered. */
  | 'complete'
  /** The application stopped it. */
  | 'cancelled'
  /** No packet was fulfilled for `NO_PROGRESS_MS`. */
  | 'no-progress'
  /** Nothing reached the receiver that could tell a rate. */
  | 'no-rate'
  /** Too little money to deliver a single base unit. */
  | 'amount-too-small'
  /** The path delivers less than the payment asks for, packet after packet. */
  | 'rate-too-low'
  /** A node on the path does not let any amount pass. */
  | 'path-refuses'
  /** The receiver closed the connection, or does not take the money. */
  | 'receiver-refuses'
  /** The receiver broke the protocol, or somebody kept its answers from us; see `sent`. */
  | 'receiver-violation'
  /** Nobody at that address, or it expects another secret. */
  | 'unknown-receiver'
  /** The link lost packets whose end nobody knows: `uncertain` of the sent amount may not have been delivered. */
  | 'link-lost'

/** What a final rejection says to whom the receiver has not answered yet. */
export function refusalOf(code: string): PaymentOutcome {
  const isUnknown = code === ErrorCode.F02_UNREACHABLE || code === ErrorCode.F06_UNEXPECTED_PAYMENT
  return isUnknown ? 'unknown-receiver' : 'path-refuses' // STR-30, STR-102, STR-103
}
