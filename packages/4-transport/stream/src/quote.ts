/**
 * The first part of a payment: what rate and what packet size does the path offer? Layer 4.
 * Unfulfillable packets ask, one at a time, largest first: F08 and T04 make them smaller until one arrives.
 * STR-33, STR-45, STR-59, STR-87.
 */
import { ErrorCode, type Reject, errorClass } from '@hourglass/ilp'
import type { PacketSize } from './congestion/packet-size.ts'
import type { AssetDetails } from './credentials.ts'
import type { PaymentOutcome } from './outcome.ts'
import type { Answer } from './payer-connection.ts'
import type { Ratio } from './ratio.ts'
import type { Frame } from './wire/packet.ts'

/** What the path offered to a packet of `sourceAmount`. */
export interface PathRate extends Ratio {
  readonly asset: AssetDetails | undefined
}

export type ProbeResult =
  | { readonly kind: 'rate'; readonly rate: PathRate }
  | { readonly kind: 'again'; readonly amount: bigint; readonly isBusy: boolean }
  | { readonly kind: 'ended'; readonly outcome: PaymentOutcome; readonly code?: string }

/** Asked of the receiver with each probe: its asset; told: nothing may come back to us (STR-45, STR-59). */
export const PROBE_FRAMES: readonly Frame[] = [
  { type: 0x02, address: '' },
  { type: 0x05, maxStreamId: 1n },
  { type: 0x03, maxOffset: 0n },
]

/** What the answer to a probe of `amount` says. */
export function judgeProbe(
  amount: bigint,
  reject: Reject,
  { packet }: Answer,
  size: PacketSize,
): ProbeResult {
  if (packet !== undefined) {
    if (packet.frames.some(({ type }) => type === 0x01)) return { kind: 'ended', outcome: 'receiver-refuses' }
    if (packet.prepareAmount === 0n) return { kind: 'ended', outcome: 'amount-too-small' }
    const details = packet.frames.find((frame) => frame.type === 0x07)
    const asset = details && { assetCode: details.assetCode, assetScale: details.assetScale }
    return { kind: 'rate', rate: { numerator: packet.prepareAmount, denominator: amount, asset } }
  }
  const { code } = reject
  if (code === ErrorCode.F08_AMOUNT_TOO_LARGE) {
    size.refused(amount, reject.data)
    return smaller(size.max, code, false)
  }
  if (code === ErrorCode.T04_INSUFFICIENT_LIQUIDITY) return smaller(amount / 2n, code, true)
  if (errorClass(code) !== 'final') return { kind: 'again', amount, isBusy: true }
  // STR-30, STR-103
  const isUnknown = code === ErrorCode.F02_UNREACHABLE || code === ErrorCode.F06_UNEXPECTED_PAYMENT
  return { kind: 'ended', outcome: isUnknown ? 'unknown-receiver' : 'path-refuses', code }
}

/** STR-97: where nothing passes, the payment ends. */
function smaller(amount: bigint, code: string, isBusy: boolean): ProbeResult {
  if (amount === 0n) return { kind: 'ended', outcome: 'path-refuses', code }
  return { kind: 'again', amount, isBusy }
}
