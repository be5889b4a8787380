/** BTP 2.0 frames (IL-RFC 23) with one ILP packet in each: the least that works. Tooling, floor. */
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { lengthBytes, readSpan, span, writeLength } from './octets.ts'

export const RESPONSE = 1
export const ERROR = 2
export const MESSAGE = 6

const OCTET_STREAM = 0
const TEXT = 1
/** One entry named `ilp`, its content an octet stream. */
const ILP_ENTRY = Buffer.from([1, 1, 3, ...Buffer.from('ilp'), OCTET_STREAM])

export interface Frame {
  readonly type: number
  readonly requestId: number
  /** Empty where the frame carries none. */
  readonly packet: Buffer
}

export function encodeFrame(type: number, requestId: number, packet: Uint8Array): Buffer {
  const contents = ILP_ENTRY.length + lengthBytes(packet.length) + packet.length
  const frame = Buffer.allocUnsafe(5 + lengthBytes(contents) + contents)
  frame[0] = type
  frame.writeUInt32BE(requestId, 1)
  const at = writeLength(frame, 5, contents)
  frame.set(ILP_ENTRY, at)
  frame.set(packet, writeLength(frame, at + ILP_ENTRY.length, packet.length))
  return frame
}

export function decodeFrame(frame: Buffer): Frame {
  const type = frame[0]!
  const requestId = frame.readUInt32BE(1)
  readSpan(frame, 5)
  const entryEnd = span[0] + ILP_ENTRY.length
  const isIlp =
    type !== ERROR &&
    entryEnd <= frame.length &&
    frame.compare(ILP_ENTRY, 0, ILP_ENTRY.length, span[0], entryEnd) === 0
  if (!isIlp) return { type, requestId, packet: NOTHING }
  readSpan(frame, entryEnd)
  return { type, requestId, packet: frame.subarray(span[0], span[1]) }
}

/** What a client says first. */
export function encodeAuth(username: string, token: string): Buffer {
  const entry = (name: string, type: number, content: string): Buffer =>
    Buffer.concat([field(Buffer.from(name)), Buffer.from([type]), field(Buffer.from(content))])
  const entries = [
    entry('auth', OCTET_STREAM, ''),
    entry('auth_username', TEXT, username),
    entry('auth_token', TEXT, token),
  ]
  const contents = Buffer.concat([Buffer.from([1, entries.length]), ...entries])
  return Buffer.concat([Buffer.from([MESSAGE, 0, 0, 0, 1]), field(contents)])
}

/** A RESPONSE that carries nothing. */
export function encodeAccepted(requestId: number): Buffer {
  const frame = Buffer.from([RESPONSE, 0, 0, 0, 0, 2, 1, 0])
  frame.writeUInt32BE(requestId, 1)
  return frame
}

/** Sends on a socket, all of one event-loop turn in one write: the greatest single saving on a busy link. */
export function batchedSend(socket: WebSocket): (frame: Buffer) => void {
  const raw = (socket as unknown as { _socket: Socket })._socket
  raw.setNoDelay(true)
  let isCorked = false
  return (frame) => {
    if (!isCorked) {
      isCorked = true
      raw.cork()
      setImmediate(() => {
        isCorked = false
        raw.uncork()
      })
    }
    socket.send(frame)
  }
}

function field(content: Buffer): Buffer {
  const bytes = Buffer.alloc(lengthBytes(content.length) + content.length)
  bytes.set(content, writeLength(bytes, 0, content.length))
  return bytes
}

const NOTHING = Buffer.alloc(0)
