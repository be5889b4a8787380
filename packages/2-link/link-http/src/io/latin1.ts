/**
 * Octets as text of one character each. Layer 2, io.
 * HTTP/1.1 writes a text in one piece with the headers before it, and octets apart from them: a fifth of an exchange.
 */
export function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1')
}
