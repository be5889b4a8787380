/** Bodies of HTTP messages: read whole, bounded, in one array. Layer 2, io. */
import type { Readable } from 'node:stream'
import { MESSAGE_BYTES_MAX } from '../limits.ts'

/**
 * Calls `done` once: with the body, or undefined where it is larger than `MESSAGE_BYTES_MAX`, and keeps no more then.
 * A stream that fails calls nothing: whoever made it hears of that.
 */
export function readBody(stream: Readable, done: (body: Uint8Array | undefined) => void): void {
  const chunks: Uint8Array[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= MESSAGE_BYTES_MAX) {
      chunks.push(chunk)
    } else if (chunks.length > 0 || bytes === chunk.length) {
      chunks.length = 0
      stream.removeAllListeners('data').removeAllListeners('end')
      done(undefined)
    }
  })
  stream.on('end', () => done(joined(chunks, bytes)))
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = chunks
  // A plain array, for `slice` of a Buffer does not copy.
  if (first !== undefined && chunks.length === 1) return new Uint8Array(first.buffer, first.byteOffset, bytes)
  const body = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    body.set(chunk, at)
    at += chunk.length
  }
  return body
}
