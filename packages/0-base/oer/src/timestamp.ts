/**
 * Fixed-length timestamps: 17 digits, `YYYYMMDDHHmmSSfff`, UTC. Base.
 * Spec: IL-RFC 30 "Fixed-length Timestamps". Years 1 … 9999; second 60 is refused (X-OER2).
 */
import { DecodeError, type Instant, UsageError } from '@hourglass/sansio'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, dayOf, dateOf, isDate } from './calendar.ts'
import type { OerFault } from './fault.ts'

export const TIMESTAMP_BYTES = 17

/** Reads 17 octets; the caller has checked that they are there. @throws DecodeError `bad-timestamp` */
export function readTimestamp(bytes: Uint8Array, at: number): Instant {
  const year = digits(bytes, at, 4)
  const month = digits(bytes, at + 4, 2)
  const day = digits(bytes, at + 6, 2)
  const hour = digits(bytes, at + 8, 2)
  const minute = digits(bytes, at + 10, 2)
  const second = digits(bytes, at + 12, 2)
  const millisecond = digits(bytes, at + 14, 3)
  // OER-21 … 23
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 59) {
    throw new DecodeError<OerFault>('bad-timestamp', at)
  }
  return (
    dayOf(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + millisecond
  )
}

/** Writes 17 octets. Parts of a millisecond are cut off (OER-24). Throws UsageError outside years 1 … 9999. */
export function writeTimestamp(bytes: Uint8Array, at: number, instant: Instant): void {
  const days = Math.floor(instant / DAY_MS)
  const { year, month, day } = dateOf(days)
  if (!(year >= 1 && year <= 9999)) throw new UsageError(`${instant} lies outside the years 1 to 9999`)
  let rest = Math.floor(instant) - days * DAY_MS
  writeDigits(bytes, at, 4, year)
  writeDigits(bytes, at + 4, 2, month)
  writeDigits(bytes, at + 6, 2, day)
  writeDigits(bytes, at + 8, 2, Math.floor(rest / HOUR_MS))
  rest %= HOUR_MS
  writeDigits(bytes, at + 10, 2, Math.floor(rest / MINUTE_MS))
  rest %= MINUTE_MS
  writeDigits(bytes, at + 12, 2, Math.floor(rest / SECOND_MS))
  writeDigits(bytes, at + 14, 3, rest % SECOND_MS)
}

function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i]! - 0x30
    if (digit < 0 || digit > 9) throw new DecodeError<OerFault>('bad-timestamp', i)
    value = value * 10 + digit
  }
  return value
}

function writeDigits(bytes: Uint8Array, at: number, count: number, value: number): void {
  for (let i = at + count - 1; i >= at; i--) {
    bytes[i] = 0x30 + (value % 10)
    value = Math.floor(value / 10)
  }
}
