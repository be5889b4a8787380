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

const DAY_MS = 86_400_000

let writtenDay = -1
const writtenDate = Buffer.alloc(8)

/** 17 digits, UTC: YYYYMMDDHHMMSSmmm. The date is kept from one call to the next. */
export function writeTimestamp(buffer: Buffer, at: number, ms: number): void {
  const day = Math.floor(ms / DAY_MS)
  if (day !== writtenDay) {
    writtenDate.write(new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''))
    writtenDay = day
  }
  for (let i = 0; i < 8; i++) buffer[at + i] = writtenDate[i]!
  const time = ms - day * DAY_MS
  const seconds = (time / 1000) | 0
  const minutes = (seconds / 60) | 0
  const hours = (minutes / 60) | 0
  writeTwoDigits(buffer, at + 8, hours)
  writeTwoDigits(buffer, at + 10, minutes - hours * 60)
  writeTwoDigits(buffer, at + 12, seconds - minutes * 60)
  const rest = time - seconds * 1000
  const hundreds = (rest / 100) | 0
  buffer[at + 14] = 0x30 + hundreds
  writeTwoDigits(buffer, at + 15, rest - hundreds * 100)
}

let readDate = -1
let readDayMs = 0

export function readTimestamp(buffer: Buffer, at: number): number {
  const year = twoDigits(buffer, at) * 100 + twoDigits(buffer, at + 2)
  const month = twoDigits(buffer, at + 4)
  const day = twoDigits(buffer, at + 6)
  const date = (year * 100 + month) * 100 + day
  if (date !== readDate) {
    readDate = date
    readDayMs = Date.UTC(year, month - 1, day)
  }
  const minutes = twoDigits(buffer, at + 8) * 60 + twoDigits(buffer, at + 10)
  const ms = (buffer[at + 14]! - 0x30) * 100 + twoDigits(buffer, at + 15)
  return readDayMs + (minutes * 60 + twoDigits(buffer, at + 12)) * 1000 + ms
}

function writeTwoDigits(buffer: Buffer, at: number, value: number): void {
  const tens = (value / 10) | 0
  buffer[at] = 0x30 + tens
  buffer[at + 1] = 0x30 + value - tens * 10
}

function twoDigits(buffer: Buffer, at: number): number {
  return (buffer[at]! - 0x30) * 10 + buffer[at + 1]! - 0x30
}
