/** Octets as base64 text. Base. Spec: RFC 4648 §4 (base64), §5 (base64url, here without padding). */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const ALPHABET_URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Padded. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, ALPHABET)
  return text + '='.repeat(-text.length & 3)
}

/** Not padded: fit for addresses, tokens and headers. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encode(bytes, ALPHABET_URL)
}

/** Either alphabet, padded or not. Undefined where it is neither, or where its last bits are not zero. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return undefined
  const digits = text.replace(/=+$/, '')
  const padded = digits.length !== text.length
  if (digits.length % 4 === 1 || (padded && text.length % 4 !== 0)) return undefined
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4))
  let at = 0
  let bits = 0
  let held = 0
  for (let i = 0; i < digits.length; i++) {
    held = (held << 6) | DIGIT_VALUES[digits.charCodeAt(i)]!
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = held >> bits
    held &= (1 << bits) - 1
  }
  return held === 0 ? bytes : undefined
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const digits = Math.min(4, bytes.length - at + 1)
    for (let i = 0; i < digits; i++) text += alphabet[(group >> (18 - 6 * i)) & 0x3f]!
  }
  return text
}

/** What each character stands for, in both alphabets. */
const DIGIT_VALUES = new Uint8Array(0x80)
for (let value = 0; value < ALPHABET.length; value++) {
  DIGIT_VALUES[ALPHABET.charCodeAt(value)] = value
  DIGIT_VALUES[ALPHABET_URL.charCodeAt(value)] = value
}
