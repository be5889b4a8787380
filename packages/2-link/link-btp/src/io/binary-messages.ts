/**
 * Many WebSocket messages as one piece of octets. Layer 2, io.
 * Spec: RFC 6455 §5.2, each a final binary frame:
 *
 *   0x82, mask bit and length (1 or 3 octets), mask (client only, 4 octets), payload
 *
 * Payloads are shorter than 65 536 octets, as all BTP frames are (`FRAME_BYTES_MAX`).
 */
import { randomFillSync } from 'node:crypto'
import { assert } from '@hourglass/sansio'

/** Octets that a message takes on the wire. */
export function messageBytes(payloadBytes: number, masked: boolean): number {
  return headBytes(payloadBytes) + (masked ? MASK_BYTES : 0) + payloadBytes
}

/** `bytes`: the sum of their `messageBytes`. A client masks what it sends, a server must not (RFC 6455 §5.1). */
export function encodeMessages(payloads: readonly Uint8Array[], bytes: number, masked: boolean): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const payload of payloads) {
    at = writeHead(buffer, at, payload.length, masked)
    if (masked) at = writeMasked(buffer, at, payload)
    else buffer.set(payload, at)
    at += payload.length
  }
  return buffer
}

function headBytes(length: number): number {
  assert(length <= LENGTH_16_MAX, 'a frame fits a message with a 16-bit length')
  return length <= SHORT_LENGTH_MAX ? 2 : 4
}

/** Returns the offset behind it. */
function writeHead(buffer: Buffer, at: number, length: number, masked: boolean): number {
  const maskBit = masked ? 0x80 : 0
  buffer[at] = FINAL_BINARY
  if (length <= SHORT_LENGTH_MAX) {
    buffer[at + 1] = maskBit | length
    return at + 2
  }
  buffer[at + 1] = maskBit | LENGTH_16
  buffer[at + 2] = length >>> 8
  buffer[at + 3] = length
  return at + 4
}

/** Writes a new mask and the payload under it; returns the payload's offset. */
function writeMasked(buffer: Buffer, at: number, payload: Uint8Array): number {
  const mask = takeMask()
  for (let i = 0; i < MASK_BYTES; i++) buffer[at + i] = masks[mask + i]!
  const start = at + MASK_BYTES
  for (let i = 0; i < payload.length; i++) buffer[start + i] = payload[i]! ^ masks[mask + (i & 3)]!
  return start
}

/** Offset in `masks` of four random octets that are used once (RFC 6455 §5.3). */
function takeMask(): number {
  if (masksTaken === masks.length) {
    randomFillSync(masks)
    masksTaken = 0
  }
  masksTaken += MASK_BYTES
  return masksTaken - MASK_BYTES
}

const FINAL_BINARY = 0x82
const SHORT_LENGTH_MAX = 125
/** Says that 16 bits of length follow. */
const LENGTH_16 = 126
const LENGTH_16_MAX = 0xffff
const MASK_BYTES = 4

const masks = new Uint8Array(8192)
let masksTaken = masks.length
