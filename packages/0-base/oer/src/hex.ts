/** Octets as hexadecimal digits. Base. */

/** Lower case, two digits an octet. */
export function encodeHex(bytes: Uint8Array): string {
  let text = ''
  for (const octet of bytes) text += OCTETS[octet]!
  return text
}

/** Undefined where `text` is not pairs of digits, of either case. */
export function decodeHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

const OCTETS = Array.from({ length: 0x100 }, (_, octet) => octet.toString(16).padStart(2, '0'))
