/**
 * Variable-length timestamps: GeneralizedTime, `YYYYMMDDHHmmSS[.f[f[f]]]Z`, UTC. Base.
 * Spec: IL-RFC 30 "Variable-length Timestamps"; in use by BTP's Error alone.
 *
 * Three decimals are always sent (X-OER: btp-packet reads nothing else). None, one, two and three are read;
 * zeros may end only the three, since no encoder writes `.20`. Second 60 is the next minute's first (OER-29).
 */
import { DecodeError, type Instant } from '@hourglass/sansio'
import { MINUTE_MS } from './calendar.ts'
import type { OerFault } from './fault.ts'
import { TIMESTAMP_BYTES, readTimestamp, writeTimestamp } from './timestamp.ts'

/** Length of what `encodeVariableTimestamp` returns. */
const FULL_BYTES = 19
const SECONDS_AT = 12
const POINT_AT = 14
const POINT = 0x2e
const ZERO = 0x30
const ZULU = 0x5a

/** @throws DecodeError `bad-timestamp` */
export function decodeVariableTimestamp(bytes: Uint8Array): Instant {
  const decimals = decimalsIn(bytes)
  const fixed = new Uint8Array(TIMESTAMP_BYTES).fill(ZERO)
  fixed.set(bytes.subarray(0, POINT_AT))
  fixed.set(bytes.subarray(POINT_AT + 1, POINT_AT + 1 + decimals), POINT_AT)
  const leaps = fixed[SECONDS_AT] === ZERO + 6 && fixed[SECONDS_AT + 1] === ZERO
  if (leaps) fixed[SECONDS_AT] = ZERO
  const instant = readTimestamp(fixed, 0)
  return leaps ? instant + MINUTE_MS : instant
}

/** Throws UsageError outside years 1 … 9999. */
export function encodeVariableTimestamp(instant: Instant): Uint8Array {
  const bytes = new Uint8Array(FULL_BYTES)
  writeTimestamp(bytes, 0, instant)
  bytes.copyWithin(POINT_AT + 1, POINT_AT, TIMESTAMP_BYTES)
  bytes[POINT_AT] = POINT
  bytes[FULL_BYTES - 1] = ZULU
  return bytes
}

/** How many decimals there are; checks everything but the digits. */
function decimalsIn(bytes: Uint8Array): number {
  const last = bytes.length - 1
  if (last > FULL_BYTES - 1 || bytes[last] !== ZULU) throw new DecodeError<OerFault>('bad-timestamp', 0)
  if (last === POINT_AT) return 0
  const decimals = last - POINT_AT - 1
  const endsInZero = bytes[last - 1] === ZERO && decimals < 3
  if (decimals < 1 || bytes[POINT_AT] !== POINT || endsInZero) {
    throw new DecodeError<OerFault>('bad-timestamp', Math.min(POINT_AT, last))
  }
  return decimals
}
