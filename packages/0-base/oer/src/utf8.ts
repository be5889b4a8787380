/**
 * Text as octets: UTF-8. Base. Spec: IL-RFC 30 "Variable-length string"; RFC 3629.
 * The language has no codec of its own; this one agrees with the platforms' (a byte order mark is kept).
 */
import { DecodeError } from '@hourglass/sansio'

const REPLACEMENT = 0xfffd

/** Half of a pair becomes U+FFFD: it has no UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * UTF8_BYTES_PER_UNIT_MAX)
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      bytes[at++] = unit
      continue
    }
    const point = isSurrogate(unit) ? text.codePointAt(i)! : unit
    if (point > 0xffff) i++
    at = writeCodePoint(bytes, at, isSurrogate(point) ? REPLACEMENT : point)
  }
  return bytes.slice(0, at)
}

/** @throws DecodeError `bad-utf8` at the first octet of what is no character */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return decode(bytes, start, end, true)
}

/** For text that only people read: what is no character becomes U+FFFD. */
export function decodeUtf8Lossy(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return decode(bytes, start, end, false)
}

/** One UTF-16 unit takes at most three octets; a pair takes four. */
const UTF8_BYTES_PER_UNIT_MAX = 3

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

/** Writes a code point of 0x80 or more. */
function writeCodePoint(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x800) {
    bytes[at++] = 0xc0 | (point >> 6)
  } else {
    if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12)
    } else {
      bytes[at++] = 0xf0 | (point >> 18)
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
    }
    bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
  }
  bytes[at++] = 0x80 | (point & 0x3f)
  return at
}

function decode(bytes: Uint8Array, start: number, end: number, strict: boolean): string {
  let text = ''
  const points: number[] = []
  for (let at = start; at < end;) {
    const lead = bytes[at]!
    let point = lead
    let octets = 1
    if (lead >= 0x80) {
      const more = continuationOctets(lead)
      octets += validContinuations(bytes, at, end, more)
      if (more === 0 || octets !== 1 + more) {
        if (strict) throw new DecodeError('bad-utf8', at)
        point = REPLACEMENT
      } else {
        point = lead & (0x3f >> more)
        for (let i = 1; i < octets; i++) point = (point << 6) | (bytes[at + i]! & 0x3f)
      }
    }
    points.push(point)
    if (points.length === POINTS_PER_CHUNK) text += String.fromCodePoint(...points.splice(0))
    at += octets
  }
  return text + String.fromCodePoint(...points)
}

/** So many characters are made into text at a time: arguments of one call are limited. */
const POINTS_PER_CHUNK = 1024

/** How many octets follow a lead octet of 0x80 or more; 0 where it is none. */
function continuationOctets(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0
  if (lead < 0xe0) return 1
  return lead < 0xf0 ? 2 : 3
}

/** How many of the `more` octets behind the lead at `at` continue it. */
function validContinuations(bytes: Uint8Array, at: number, end: number, more: number): number {
  const lead = bytes[at]!
  let valid = 0
  while (valid < more && at + 1 + valid < end) {
    const octet = bytes[at + 1 + valid]!
    // RFC 3629 §4: the second octet's range shuts out overlong forms, surrogates and what is above U+10FFFF.
    const low = valid > 0 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const high = valid > 0 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (octet < low || octet > high) break
    valid++
  }
  return valid
}
