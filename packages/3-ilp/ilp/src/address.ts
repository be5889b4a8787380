/**
 * ILP addresses. Layer 3.
 * Spec: IL-RFC 15 "Address Requirements"; as text on the wire IL-RFC 30 "ILP Address".
 *
 *   address = scheme 1*("." segment)      at most 1023 characters
 *   scheme  = g | private | example | peer | self | local | test | test1 | test2 | test3
 *   segment = 1*(A-Z | a-z | 0-9 | _ | ~ | -)
 */
import { type Reader, writeLength } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import type { IlpFault } from './fault.ts'

declare const brand: unique symbol
/** Text that is a valid ILP address. */
export type Address = string & { readonly [brand]: 'Address' }

/** Characters, scheme and dots included; on the wire as many octets. */
export const ADDRESS_LENGTH_MAX = 1023

const ADDRESS = /^(?:g|private|example|peer|self|local|test[1-3]?)(?:\.[A-Za-z0-9_~-]+)+$/

export function isAddress(text: string): text is Address {
  return text.length <= ADDRESS_LENGTH_MAX && ADDRESS.test(text)
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
  const at = reader.at
  const address = readAddressOrEmpty(reader)
  if (address === '') throw new DecodeError<IlpFault>('bad-address', at)
  return address
}

/** The same where a peer may have named nobody (X-ADDR3). @throws DecodeError as `readAddress` */
export function readAddressOrEmpty(reader: Reader): Address | '' {
  const at = reader.at
  const octets = reader.octets()
  if (octets.length === 0) return ''
  const text = octets.length > ADDRESS_LENGTH_MAX ? '' : String.fromCharCode(...octets)
  if (!isAddress(text)) throw new DecodeError<IlpFault>('bad-address', at)
  return text
}

/** Writes an address and returns the offset behind it. There must be room. */
export function writeAddress(bytes: Uint8Array, at: number, address: Address | ''): number {
  at = writeLength(bytes, at, address.length)
  for (let i = 0; i < address.length; i++) bytes[at + i] = address.charCodeAt(i)
  return at + address.length
}
