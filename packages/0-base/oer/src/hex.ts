/** Octets as hexadecimal digits. Base. */

/** Lower case, two digits an octet. */
export function encodeHex(bytes: Uint8Array): string {
  let text = ''
  for (const octet of bytes) text += HEX_OCTETS[octet]!
  return text
}

/** Undefined where `text` is not pairs of digits, of either case. */
export function decodeHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

const HEX_OCTETS = Array.from({ length: 0x100 }, (_, octet) => octet.toString(16).padStart(2, '0'))
