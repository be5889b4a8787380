/**
 * ILP addresses. Layer 3.
 * Spec: IL-RFC 15 "Address Requirements"; on the wire IL-RFC 30 "ILP Address".
 *
 *   address = scheme 1*("." segment)      at most 1023 characters
 *   scheme  = g | private | example | peer | self | local | test | test1 | test2 | test3
 *   segment = 1*(A-Z | a-z | 0-9 | _ | ~ | -)
 */
import { type Reader, encodeUtf8, readUint32, writeLength } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import type { IlpFault } from './fault.ts'

declare const brand: unique symbol
/** Text that is a valid ILP address. */
export type Address = string & { readonly [brand]: 'Address' }

/** Characters, scheme and dots included; on the wire as many octets. */
export const ADDRESS_LENGTH_MAX = 1023

export function isAddress(text: string): text is Address {
  if (text.length > ADDRESS_LENGTH_MAX) return false
  const octets = encodeUtf8(text)
  return addressAt(octets, 0, octets.length) !== undefined
}

/** Throws UsageError where `text` is no address. */
export function toAddress(text: string): Address {
  if (!isAddress(text)) throw new UsageError(`${JSON.stringify(text.slice(0, 80))} is not an ILP address`)
  return text
}

/** `g.a` and `b.c` make `g.a.b.c` (ADDR-23). Throws UsageError where the result is no address. */
export function appendSegments(address: Address, suffix: string): Address {
  return toAddress(`${address}.${suffix}`)
}

/** Reads an address from the wire. @throws DecodeError `short` | `bad-length` | `bad-address` */
export function readAddress(reader: Reader): Address {
  const address = readAddressOrEmpty(reader)
  // ADDR-09: the encoding allows it, the grammar does not.
  if (address === '') throw new DecodeError<IlpFault>('bad-address', reader.at)
  return address
}

/** The same where a peer may have named nobody (X-ADDR3). @throws DecodeError as `readAddress` */
export function readAddressOrEmpty(reader: Reader): Address | '' {
  const { bytes } = reader
  const start = reader.skipOctets()
  const end = reader.at
  if (start === end) return ''
  const slot = Math.imul(readUint32(bytes, end - 4), HASH_FACTOR) >>> (32 - RECENT_LOG2)
  const known = recent[slot]!
  if (isTextAt(known, bytes, start, end)) return known
  const address = addressAt(bytes, start, end)
  if (address === undefined) throw new DecodeError<IlpFault>('bad-address', start)
  recent[slot] = address
  return address
}

/** Writes an address and returns the offset behind it. There must be room. */
export function writeAddress(bytes: Uint8Array, at: number, address: Address | ''): number {
  const start = writeLength(bytes, at, address.length)
  for (let i = 0; i < address.length; i++) bytes[start + i] = address.charCodeAt(i)
  return start + address.length
}

/**
 * Addresses read lately: one that is known need not be checked and made again. Each has one slot, by its last four
 * octets, and the newest in a slot stays: whatever peers send, there are no more.
 */
const RECENT_LOG2 = 8
const recent = new Array<Address | ''>(1 << RECENT_LOG2).fill('')

/** Odd, and near 2^32 divided by the golden ratio: spreads the bits of what it multiplies. */
const HASH_FACTOR = 0x9e3779b1

/** From the end, where addresses differ. */
function isTextAt(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = text.length - 1; i >= 0; i--) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}

/** The address whose octets these are, or undefined where they are none. Checks and converts in one pass. */
function addressAt(bytes: Uint8Array, start: number, end: number): Address | undefined {
  if (end - start > ADDRESS_LENGTH_MAX) return undefined
  const codes = codesOf(end - start)
  let schemeLength = 0
  // ADDR-04: a dot needs a segment or scheme on either side.
  let before = DOT
  for (let i = 0; i < codes.length; i++) {
    const code = bytes[start + i]!
    const kind = KINDS[code]!
    if (kind !== SEGMENT) {
      if (kind === OTHER || before === DOT) return undefined
      if (schemeLength === 0) schemeLength = i
    }
    before = kind
    codes[i] = code
  }
  if (before === DOT) return undefined
  const text = String.fromCharCode(...codes)
  return SCHEMES.has(text.slice(0, schemeLength)) ? (text as Address) : undefined
}

const SCHEMES = new Set('g private example peer self local test test1 test2 test3'.split(' '))

/** One array for each length is used again and again: new ones would cost a quarter of the whole. */
const codesByLength = new Array<number[] | undefined>(ADDRESS_LENGTH_MAX + 1).fill(undefined)

function codesOf(length: number): number[] {
  return (codesByLength[length] ??= new Array<number>(length).fill(0))
}

/** What each octet is in an address. ADDR-08: nothing above 0x7f is anything. */
const OTHER = 0
const SEGMENT = 1
const DOT = 2
const KINDS = new Uint8Array(0x100)
for (const octet of encodeUtf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_~-')) {
  KINDS[octet] = SEGMENT
}
KINDS['.'.charCodeAt(0)] = DOT
