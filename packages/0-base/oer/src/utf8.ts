/**
 * Text as octets: UTF-8. Base. Spec: IL-RFC 30 "Variable-length string"; RFC 3629.
 * The language has no codec of its own; this one agrees with the platforms' (a byte order mark is kept).
 */
import { DecodeError } from '@hourglass/sansio'
import { allocate } from './allocate.ts'
import type { OerFault } from './fault.ts'

/** Half of a surrogate pair becomes U+FFFD: it has no UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = allocate(utf8Bytes(text))
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      bytes[at++] = unit
    } else {
      const point = codePointAt(text, i)
      if (point > 0xffff) i++
      at = writeCodePoint(bytes, at, point)
    }
  }
  return bytes
}

/** @throws DecodeError `bad-utf8` at the first octet of what is no character */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return decode(bytes, start, end, refuse)
}

/** For text that only people read: what is no character becomes U+FFFD. */
export function decodeUtf8Lossy(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return decode(bytes, start, end, replace)
}

function refuse(at: number): never {
  throw new DecodeError<OerFault>('bad-utf8', at)
}

function replace(): string {
  return '\ufffd'
}

const REPLACEMENT = 0xfffd

/** How many octets `text` takes. */
function utf8Bytes(text: string): number {
  let octets = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    // A pair is two units and four octets; any other unit above 0x7ff takes three, a lone half included.
    octets += unit < 0x800 ? 1 : 2
    if (codePointAt(text, i) > 0xffff) i++
  }
  return octets
}

/** The character that begins at unit `i`; U+FFFD for half of a pair. */
function codePointAt(text: string, i: number): number {
  const point = text.codePointAt(i)!
  return point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point
}

/** Writes a code point of 0x80 or more and returns the offset behind it. */
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

/** `bad` says what stands for octets that are no character, which begin at the offset that it is given. */
function decode(bytes: Uint8Array, start: number, end: number, bad: (at: number) => string): string {
  let text = ''
  for (let at = start; at < end;) {
    const asciiEnd = endOfAscii(bytes, at, Math.min(end, at + ASCII_RUN_MAX))
    if (asciiEnd > at) {
      text += asciiText(bytes, at, asciiEnd)
      at = asciiEnd
      continue
    }
    const more = continuations(bytes[at]!)
    const valid = validContinuations(bytes, at, end, more)
    text += valid < more || more === 0 ? bad(at) : String.fromCodePoint(readCodePoint(bytes, at, more))
    at += 1 + valid
  }
  return text
}

/** So many octets are made into text at a time: a call takes a bounded number of arguments. */
const ASCII_RUN_MAX = 1024

function endOfAscii(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at]! < 0x80) at++
  return at
}

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  const codes = new Array<number>(end - start)
  for (let i = 0; i < codes.length; i++) codes[i] = bytes[start + i]!
  return String.fromCharCode(...codes)
}

/** How many octets continue the lead octet of a character above U+007F; 0 where it is none. */
function continuations(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0
  if (lead < 0xe0) return 1
  return lead < 0xf0 ? 2 : 3
}

/** How many of the `more` octets behind the lead at `at` do continue it. */
function validContinuations(bytes: Uint8Array, at: number, end: number, more: number): number {
  const lead = bytes[at]!
  let valid = 0
  while (valid < more && at + 1 + valid < end) {
    const octet = bytes[at + 1 + valid]!
    // RFC 3629 §4: the second octet's range shuts out overlong forms, surrogates and what is above U+10FFFF.
    const min = valid > 0 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const max = valid > 0 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (octet < min || octet > max) break
    valid++
  }
  return valid
}

/** Reads a valid character of `1 + more` octets. */
function readCodePoint(bytes: Uint8Array, at: number, more: number): number {
  let point = bytes[at]! & (0x3f >> more)
  for (let i = at + 1; i <= at + more; i++) point = (point << 6) | (bytes[i]! & 0x3f)
  return point
}
