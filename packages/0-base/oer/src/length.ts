/**
 * Length determinants. Base. Spec: IL-RFC 30 "Length determinant", canonical form.
 *
 *   0 … 127          one octet: the length
 *   128 …            0x80 + n, then the length in n octets, big endian, no leading zero
 */

/** Up to here a length is its own determinant (X-OER4: 127 included). */
export const SHORT_LENGTH_MAX = 0x7f

/** Marks the long form; the low bits then count the octets of the length. */
export const LONG_FORM = 0x80

/** How many octets the determinant of `length` takes. */
export function lengthBytes(length: number): number {
  if (length <= SHORT_LENGTH_MAX) return 1
  if (length <= 0xff) return 2
  if (length <= 0xffff) return 3
  return length <= 0xff_ffff ? 4 : 5
}

/** How many octets a variable-length octet string of `length` octets takes. */
export function octetsBytes(length: number): number {
  return lengthBytes(length) + length
}

/** Writes the determinant of `length` (below 2^32) and returns the offset behind it. There must be room. */
export function writeLength(bytes: Uint8Array, at: number, length: number): number {
  if (length <= SHORT_LENGTH_MAX) {
    bytes[at] = length
    return at + 1
  }
  const octets = lengthBytes(length) - 1
  bytes[at] = LONG_FORM | octets
  for (let i = octets; i > 0; i--) {
    bytes[at + i] = length
    length >>>= 8
  }
  return at + 1 + octets
}

/** Writes a variable-length octet string and returns the offset behind it. There must be room. */
export function writeOctets(bytes: Uint8Array, at: number, value: Uint8Array): number {
  const start = writeLength(bytes, at, value.length)
  bytes.set(value, start)
  return start + value.length
}
