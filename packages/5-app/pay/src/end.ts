/**
 * How a payment ends: one reason, with its numbers. Layer 5.
 * Amounts that arrive are in base units of the receiver, all others in those of the payer.
 */
import { ErrorCode, type Reject } from '@hourglass/ilp'
import { NO_PROGRESS_MS, type PaymentReport, type Shortfall, mulCeil, mulFloor } from '@hourglass/stream'
import { type PaymentState, isComplete, restOf, uncertainOf } from './state.ts'

/** The packet that was refused last, and by whom. */
export interface Refusal {
  readonly code: string
  /** Empty where the node does not say. */
  readonly triggeredBy: string
  readonly message: string
  /** What the packet carried. */
  readonly amount: bigint
}

export type PaymentEnd =
  | { readonly kind: 'complete' }
  | { readonly kind: 'cancelled' }
  /** A node on the way knows no route, or a receiver that answers so no longer knows the address. */
  | { readonly kind: 'no-route'; readonly refusal: Refusal }
  /** The receiver cannot read the packets: another secret, or an address that it has not given out. */
  | { readonly kind: 'unknown-receiver'; readonly refusal: Refusal }
  /** The receiver ended the connection or the stream, with a code of IL-RFC 29 §5.4. */
  | { readonly kind: 'receiver-closed'; readonly code: number; readonly message: string }
  /** The receiver takes so much, has so much, and the rest is more. */
  | { readonly kind: 'receiver-full'; readonly receiveMax: bigint; readonly received: bigint }
  /** The receiver takes no packet, and does not say why. */
  | { readonly kind: 'receiver-declines' }
  /** The receiver broke the protocol, or somebody kept its answers from us. */
  | { readonly kind: 'receiver-violation' }
  | ({ readonly kind: 'rate-below-minimum' } & Shortfall)
  /** What is left is worth less than one base unit of the receiver. */
  | { readonly kind: 'amount-too-small' }
  /** No packet of any size gets through for want of liquidity. */
  | { readonly kind: 'no-liquidity'; readonly refusal: Refusal; readonly waitedMs: number }
  /** A node refuses for good; with F08 it lets not even the smallest amount pass. */
  | { readonly kind: 'path-refuses'; readonly refusal: Refusal | undefined }
  /** A node was busy, or in trouble, all the time. */
  | { readonly kind: 'path-busy'; readonly refusal: Refusal; readonly waitedMs: number }
  /** Packets expired on the way, or nobody answered. */
  | { readonly kind: 'path-too-slow'; readonly refusal: Refusal | undefined; readonly waitedMs: number }
  /** The link lost packets whose end nobody knows. */
  | { readonly kind: 'link-lost'; readonly uncertain: bigint; readonly unconfirmed: bigint }
  /** All else was paid, and of so much nobody knows whether it arrived. */
  | { readonly kind: 'uncertain'; readonly uncertain: bigint; readonly unconfirmed: bigint }

/** `state` is undefined where there never was a quote. */
export function endOf(
  { outcome, shortfall, word }: PaymentReport,
  state: PaymentState | undefined,
  refusal: Refusal | undefined,
): PaymentEnd {
  switch (outcome) {
    case 'complete':
      return restingEnd(state!)
    case 'link-lost':
      return isComplete(state!) ? { kind: 'complete' } : { kind: outcome, ...doubtOf(state!) }
    case 'unknown-receiver':
      return { kind: refusal!.code === ErrorCode.F02_UNREACHABLE ? 'no-route' : outcome, refusal: refusal! }
    case 'receiver-refuses':
      if (word.closed !== undefined) return { kind: 'receiver-closed', ...word.closed }
      return fullEnd(word, state) ?? { kind: 'receiver-declines' }
    case 'rate-too-low':
      return { kind: 'rate-below-minimum', ...shortfall! }
    case 'path-refuses':
      return { kind: outcome, refusal }
    case 'no-rate':
    case 'no-progress':
      return stuckEnd(refusal)
    case 'cancelled':
    case 'receiver-violation':
    case 'amount-too-small':
      return { kind: outcome }
  }
}

/** Where nothing more is to be sent. */
export function restingEnd(state: PaymentState): PaymentEnd {
  return isComplete(state) ? { kind: 'complete' } : { kind: 'uncertain', ...doubtOf(state) }
}

export function refusalOf({ code, triggeredBy, message }: Reject, amount: bigint): Refusal {
  return { code, triggeredBy, message, amount }
}

function doubtOf(state: PaymentState): { readonly uncertain: bigint; readonly unconfirmed: bigint } {
  const { unconfirmed, minimumRate, connection } = state
  return {
    uncertain: uncertainOf(state),
    unconfirmed: unconfirmed + mulCeil(connection.uncertain, minimumRate),
  }
}

function fullEnd(
  { receiveMax, received }: PaymentReport['word'],
  state: PaymentState | undefined,
): PaymentEnd | undefined {
  const rest = state && restOf(state)
  if (state === undefined || rest === undefined || receiveMax === undefined) return undefined
  const expected = 'send' in rest ? mulFloor(rest.send, state.minimumRate) : rest.deliver
  return received + expected > receiveMax ? { kind: 'receiver-full', receiveMax, received } : undefined
}

function stuckEnd(refusal: Refusal | undefined): PaymentEnd {
  const waitedMs = NO_PROGRESS_MS
  if (refusal === undefined) return { kind: 'path-too-slow', refusal, waitedMs }
  switch (refusal.code) {
    case ErrorCode.R00_TRANSFER_TIMED_OUT:
    case ErrorCode.R02_INSUFFICIENT_TIMEOUT:
      return { kind: 'path-too-slow', refusal, waitedMs }
    case ErrorCode.T04_INSUFFICIENT_LIQUIDITY:
      return { kind: 'no-liquidity', refusal, waitedMs }
    default:
      return { kind: 'path-busy', refusal, waitedMs }
  }
}
