/**
 * Data of a Reject F08, Amount Too Large. Layer 3, wire.
 * Spec: IL-RFC 27 "Error Codes"; InterledgerErrorData.asn.
 *
 *   receivedAmount u64 | maximumAmount u64
 */
import { Reader, UINT64_BYTES, Writer } from '@hourglass/oer'

/** Both amounts are in the units of the account on which the Prepare came in. */
export interface AmountTooLarge {
  /** May be zero where a peer says so: do not divide by it (ILP-45). */
  readonly receivedAmount: bigint
  /** Inclusive. */
  readonly maximumAmount: bigint
}

const AMOUNT_TOO_LARGE_BYTES = 2 * UINT64_BYTES

/** Undefined where a Reject's data is too short to give a hint (ILP-45); what trails is ignored. */
export function decodeAmountTooLarge(data: Uint8Array): AmountTooLarge | undefined {
  if (data.length < AMOUNT_TOO_LARGE_BYTES) return undefined
  const reader = new Reader(data)
  return { receivedAmount: reader.uint64(), maximumAmount: reader.uint64() }
}

/** Throws UsageError where an amount is not between 0 and 2^64-1. */
export function encodeAmountTooLarge({ receivedAmount, maximumAmount }: AmountTooLarge): Uint8Array {
  return new Writer(AMOUNT_TOO_LARGE_BYTES).uint64(receivedAmount).uint64(maximumAmount).finish()
}
