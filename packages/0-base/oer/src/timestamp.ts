/**
 * Fixed-length timestamps: 17 digits, `YYYYMMDDHHmmSSfff`, UTC. Base.
 * Spec: IL-RFC 30 "Fixed-length Timestamps". Years 1 … 9999; second 60 is refused (X-OER2).
 */
import { DecodeError, type Instant, UsageError } from '@hourglass/sansio'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, dateOf, dayOf, isDate } from './calendar.ts'
import type { OerFault } from './fault.ts'
import { readUint32, writeUint32 } from './uint.ts'

export const TIMESTAMP_BYTES = 17

/** Offsets from the start of a timestamp. */
const MONTH_AT = 4
const DAY_AT = 6
const HOUR_AT = 8
const MINUTE_AT = 10
const SECOND_AT = 12
const MILLISECOND_AT = 14

/** Reads 17 octets; the caller has checked that they are there. @throws DecodeError `bad-timestamp` */
export function readTimestamp(bytes: Uint8Array, at: number): Instant {
  const day = readDay(bytes, at)
  const hour = readPair(bytes, at + HOUR_AT)
  const minute = readPair(bytes, at + MINUTE_AT)
  const second = readPair(bytes, at + SECOND_AT)
  const millisecond = readPair(bytes, at + MILLISECOND_AT) * 10 + readDigit(bytes, at + MILLISECOND_AT + 2)
  // OER-21, OER-22
  if (hour > 23 || minute > 59 || second > 59) throw new DecodeError<OerFault>('bad-timestamp', at + HOUR_AT)
  return day * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + millisecond
}

/** Writes 17 octets. Parts of a millisecond are cut off (OER-24). Throws UsageError outside years 1 … 9999. */
export function writeTimestamp(bytes: Uint8Array, at: number, instant: Instant): void {
  const day = Math.floor(instant / DAY_MS)
  writeDay(bytes, at, day)
  const timeMs = Math.floor(instant) - day * DAY_MS
  const minutes = Math.floor(timeMs / MINUTE_MS)
  const minuteMs = timeMs - minutes * MINUTE_MS
  const second = Math.floor(minuteMs / SECOND_MS)
  const millisecond = minuteMs - second * SECOND_MS
  const hour = Math.floor(minutes / 60)
  writePair(bytes, at + HOUR_AT, hour)
  writePair(bytes, at + MINUTE_AT, minutes - hour * 60)
  writePair(bytes, at + SECOND_AT, second)
  const centisecond = Math.floor(millisecond / 10)
  writePair(bytes, at + MILLISECOND_AT, centisecond)
  bytes[at + MILLISECOND_AT + 2] = ZERO + millisecond - centisecond * 10
}

/** A day and its digits, `YYYY` and `MMDD`, four octets each. */
interface Day {
  /** Days from 1970-01-01. */
  readonly number: number
  readonly year: number
  readonly monthAndDay: number
}

/** The day that was read or written last: packets that follow each other expire on one day, nearly always. */
let lastDay: Day = { number: 0, year: 0x31393730, monthAndDay: 0x30313031 }

function readDay(bytes: Uint8Array, at: number): number {
  const year = readUint32(bytes, at)
  const monthAndDay = readUint32(bytes, at + MONTH_AT)
  if (year !== lastDay.year || monthAndDay !== lastDay.monthAndDay) {
    lastDay = { number: decodeDay(bytes, at), year, monthAndDay }
  }
  return lastDay.number
}

/** Reads the eight digits of a day. OER-23: it must exist. */
function decodeDay(bytes: Uint8Array, at: number): number {
  const year = readPair(bytes, at) * 100 + readPair(bytes, at + 2)
  const month = readPair(bytes, at + MONTH_AT)
  const day = readPair(bytes, at + DAY_AT)
  if (!isDate(year, month, day)) throw new DecodeError<OerFault>('bad-timestamp', at)
  return dayOf(year, month, day)
}

function writeDay(bytes: Uint8Array, at: number, number: number): void {
  if (number !== lastDay.number) lastDay = encodeDay(number)
  writeUint32(bytes, at, lastDay.year)
  writeUint32(bytes, at + MONTH_AT, lastDay.monthAndDay)
}

function encodeDay(number: number): Day {
  const { year, month, day } = dateOf(number)
  // Not a number ends here too.
  if (!(year >= 1 && year <= 9999)) throw new UsageError('a timestamp lies in the years 1 to 9999')
  const digits = new Uint8Array(HOUR_AT)
  writePair(digits, 0, Math.floor(year / 100))
  writePair(digits, 2, year % 100)
  writePair(digits, MONTH_AT, month)
  writePair(digits, DAY_AT, day)
  return { number, year: readUint32(digits, 0), monthAndDay: readUint32(digits, MONTH_AT) }
}

const ZERO = 0x30

function readDigit(bytes: Uint8Array, at: number): number {
  const digit = bytes[at]! - ZERO
  if (digit < 0 || digit > 9) throw new DecodeError<OerFault>('bad-timestamp', at)
  return digit
}

function readPair(bytes: Uint8Array, at: number): number {
  return readDigit(bytes, at) * 10 + readDigit(bytes, at + 1)
}

function writePair(bytes: Uint8Array, at: number, value: number): void {
  const tens = Math.floor(value / 10)
  bytes[at] = ZERO + tens
  bytes[at + 1] = ZERO + value - tens * 10
}
