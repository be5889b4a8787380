/** The octet encoding of IL-RFC 30, as little of it as can be. Tooling, floor. */

/** Octets that a length prefix takes. Lengths here are below 2^24. */
export function lengthBytes(length: number): number {
  if (length < 0x80) return 1
  if (length < 0x100) return 2
  return length < 0x10000 ? 3 : 4
}

/** Writes a length prefix; returns where the content begins. */
export function writeLength(buffer: Buffer, at: number, length: number): number {
  const bytes = lengthBytes(length)
  if (bytes === 1) {
    buffer[at] = length
    return at + 1
  }
  buffer[at] = 0x7f + bytes
  buffer.writeUIntBE(length, at + 1, bytes - 1)
  return at + bytes
}

/** Where the content begins and ends. Two numbers in a shared array: an object each would cost as much as all else. */
export const span: [start: number, end: number] = [0, 0]

/** Reads a length prefix into `span`; throws where the content is not all there. */
export function readSpan(buffer: Buffer, at: number): void {
  const first = buffer[at] ?? 0
  let length = first
  let start = at + 1
  if (first >= 0x80) {
    const bytes = first & 0x7f
    length = buffer.readUIntBE(start, bytes)
    start += bytes
  }
  if (start + length > buffer.length) throw new RangeError('short')
  span[0] = start
  span[1] = start + length
}

/** 64-bit values pass through here, so that no bigint is made on the way. */
const scratch = new DataView(new ArrayBuffer(8))

export function readUint64(buffer: Buffer, at: number): bigint {
  scratch.setUint32(0, readUint32(buffer, at))
  scratch.setUint32(4, readUint32(buffer, at + 4))
  return scratch.getBigUint64(0)
}

export function writeUint64(buffer: Buffer, at: number, value: bigint): void {
  scratch.setBigUint64(0, value)
  writeUint32(buffer, at, scratch.getUint32(0))
  writeUint32(buffer, at + 4, scratch.getUint32(4))
}

function readUint32(buffer: Buffer, at: number): number {
  return ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0
}

function writeUint32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
}

const DAY_MS = 86_400_000

/** The day written last, and its digits: `YYYY` and `MMDD`, four octets each. */
let writtenDay = -1
let writtenYear = 0
let writtenMonthAndDay = 0

/** 17 digits, UTC: YYYYMMDDHHMMSSmmm. The date is kept from one call to the next. */
export function writeTimestamp(buffer: Buffer, at: number, ms: number): void {
  const day = Math.floor(ms / DAY_MS)
  if (day !== writtenDay) {
    const digits = Buffer.from(new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''))
    writtenYear = readUint32(digits, 0)
    writtenMonthAndDay = readUint32(digits, 4)
    writtenDay = day
  }
  writeUint32(buffer, at, writtenYear)
  writeUint32(buffer, at + 4, writtenMonthAndDay)
  const time = ms - day * DAY_MS
  const seconds = Math.floor(time / 1000)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  writeTwoDigits(buffer, at + 8, hours)
  writeTwoDigits(buffer, at + 10, minutes - hours * 60)
  writeTwoDigits(buffer, at + 12, seconds - minutes * 60)
  const rest = time - seconds * 1000
  const hundreds = Math.floor(rest / 100)
  buffer[at + 14] = 0x30 + hundreds
  writeTwoDigits(buffer, at + 15, rest - hundreds * 100)
}

/** The day read last, as digits and as an instant. */
let readYear = 0
let readMonthAndDay = 0
let readDayMs = 0

export function readTimestamp(buffer: Buffer, at: number): number {
  const year = readUint32(buffer, at)
  const monthAndDay = readUint32(buffer, at + 4)
  if (year !== readYear || monthAndDay !== readMonthAndDay) {
    readYear = year
    readMonthAndDay = monthAndDay
    const years = twoDigits(buffer, at) * 100 + twoDigits(buffer, at + 2)
    readDayMs = Date.UTC(years, twoDigits(buffer, at + 4) - 1, twoDigits(buffer, at + 6))
  }
  const minutes = twoDigits(buffer, at + 8) * 60 + twoDigits(buffer, at + 10)
  const ms = (buffer[at + 14]! - 0x30) * 100 + twoDigits(buffer, at + 15)
  return readDayMs + (minutes * 60 + twoDigits(buffer, at + 12)) * 1000 + ms
}

function writeTwoDigits(buffer: Buffer, at: number, value: number): void {
  const tens = Math.floor(value / 10)
  buffer[at] = 0x30 + tens
  buffer[at + 1] = 0x30 + value - tens * 10
}

function twoDigits(buffer: Buffer, at: number): number {
  return (buffer[at]! - 0x30) * 10 + buffer[at + 1]! - 0x30
}
