/**
 * Error codes of a Reject. Layer 3.
 * Spec: IL-RFC 27 "Error Codes".
 */

export const ErrorCode = {
  F00_BAD_REQUEST: 'F00',
  F01_INVALID_PACKET: 'F01',
  F02_UNREACHABLE: 'F02',
  F03_INVALID_AMOUNT: 'F03',
  F04_INSUFFICIENT_DESTINATION_AMOUNT: 'F04',
  F05_WRONG_CONDITION: 'F05',
  F06_UNEXPECTED_PAYMENT: 'F06',
  F07_CANNOT_RECEIVE: 'F07',
  F08_AMOUNT_TOO_LARGE: 'F08',
  F99_APPLICATION_ERROR: 'F99',
  T00_INTERNAL_ERROR: 'T00',
  T01_PEER_UNREACHABLE: 'T01',
  T02_PEER_BUSY: 'T02',
  T03_CONNECTOR_BUSY: 'T03',
  T04_INSUFFICIENT_LIQUIDITY: 'T04',
  T05_RATE_LIMITED: 'T05',
  T99_APPLICATION_ERROR: 'T99',
  R00_TRANSFER_TIMED_OUT: 'R00',
  R01_INSUFFICIENT_SOURCE_AMOUNT: 'R01',
  R02_INSUFFICIENT_TIMEOUT: 'R02',
  R99_APPLICATION_ERROR: 'R99',
} as const

/** A code that the RFC names; peers may send others (see `errorClass`). */
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode]

/** What a sender may do: `final` never again unchanged, `temporary` later, `relative` with more money or time. */
export type ErrorClass = 'final' | 'temporary' | 'relative'

/** Known or not, a code counts by its first letter; an unknown letter counts as final (ILP-62). */
export function errorClass(code: string): ErrorClass {
  if (code.startsWith('T')) return 'temporary'
  return code.startsWith('R') ? 'relative' : 'final'
}
