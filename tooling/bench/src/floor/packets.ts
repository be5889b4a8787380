/**
 * ILP packets in one pass over a Buffer: the least that still gives the same values. It checks lengths, but no
 * character of an address and no digit of a time. Tooling, floor.
 */
import {
  lengthBytes,
  readSpan,
  readTimestamp,
  readUint64,
  span,
  writeLength,
  writeTimestamp,
  writeUint64,
} from './octets.ts'

export interface Prepare {
  readonly amount: bigint
  readonly expiresAt: number
  readonly executionCondition: Buffer
  readonly destination: string
  readonly data: Buffer
}

export interface Fulfill {
  readonly fulfillment: Buffer
  readonly data: Buffer
}

export interface Reject {
  readonly code: string
  readonly triggeredBy: string
  readonly message: string
  readonly data: Buffer
}

export const PREPARE = 12
export const FULFILL = 13
export const REJECT = 14

export function encodePrepare(prepare: Prepare): Buffer {
  const { destination, data } = prepare
  const packet = newPacket(PREPARE, 57 + fieldBytes(destination.length) + fieldBytes(data.length))
  const at = span[0]
  writeUint64(packet, at, prepare.amount)
  writeTimestamp(packet, at + 8, prepare.expiresAt)
  packet.set(prepare.executionCondition, at + 25)
  writeBytes(packet, writeText(packet, at + 57, destination), data)
  return packet
}

export function decodePrepare(packet: Buffer): Prepare {
  const at = openPacket(packet, PREPARE, 59)
  const amount = readUint64(packet, at)
  const expiresAt = readTimestamp(packet, at + 8)
  const executionCondition = packet.subarray(at + 25, at + 57)
  const destination = readText(packet, at + 57)
  return { amount, expiresAt, executionCondition, destination, data: readBytes(packet, span[1]) }
}

/** What a forwarder needs: amount and expiry replaced where they stand. */
export function rewritePrepare(packet: Buffer, amount: bigint, expiresAt: number): Buffer {
  readSpan(packet, 1)
  writeUint64(packet, span[0], amount)
  writeTimestamp(packet, span[0] + 8, expiresAt)
  return packet
}

export function encodeFulfill({ fulfillment, data }: Fulfill): Buffer {
  const packet = newPacket(FULFILL, 32 + fieldBytes(data.length))
  const at = span[0]
  packet.set(fulfillment, at)
  writeBytes(packet, at + 32, data)
  return packet
}

export function decodeFulfill(packet: Buffer): Fulfill {
  const at = openPacket(packet, FULFILL, 33)
  return { fulfillment: packet.subarray(at, at + 32), data: readBytes(packet, at + 32) }
}

export function encodeReject({ code, triggeredBy, message, data }: Reject): Buffer {
  const text = Buffer.from(message)
  const contents = 3 + fieldBytes(triggeredBy.length) + fieldBytes(text.length) + fieldBytes(data.length)
  const packet = newPacket(REJECT, contents)
  const at = span[0]
  packet.write(code, at, 'latin1')
  writeBytes(packet, writeBytes(packet, writeText(packet, at + 3, triggeredBy), text), data)
  return packet
}

export function decodeReject(packet: Buffer): Reject {
  const at = openPacket(packet, REJECT, 6)
  const code = packet.toString('latin1', at, at + 3)
  const triggeredBy = readText(packet, at + 3)
  const message = readBytes(packet, span[1])
  return { code, triggeredBy, message: message.toString(), data: readBytes(packet, span[1]) }
}

/** A new packet; `span[0]` is where its contents begin. */
function newPacket(type: number, contentsBytes: number): Buffer {
  const packet = Buffer.allocUnsafe(1 + fieldBytes(contentsBytes))
  packet[0] = type
  span[0] = writeLength(packet, 1, contentsBytes)
  return packet
}

function openPacket(packet: Buffer, type: number, contentsBytesMin: number): number {
  readSpan(packet, 1)
  if (packet[0] !== type || span[1] - span[0] < contentsBytesMin) throw new RangeError('short')
  return span[0]
}

function fieldBytes(length: number): number {
  return lengthBytes(length) + length
}

function writeText(packet: Buffer, at: number, text: string): number {
  const start = writeLength(packet, at, text.length)
  packet.write(text, start, 'latin1')
  return start + text.length
}

function writeBytes(packet: Buffer, at: number, bytes: Buffer): number {
  const start = writeLength(packet, at, bytes.length)
  packet.set(bytes, start)
  return start + bytes.length
}

function readText(packet: Buffer, at: number): string {
  readSpan(packet, at)
  return packet.toString('latin1', span[0], span[1])
}

function readBytes(packet: Buffer, at: number): Buffer {
  readSpan(packet, at)
  return packet.subarray(span[0], span[1])
}
