/**
 * What the other end says about itself: frames of authentic packets, Prepares and replies alike. Layer 4.
 * Spec: IL-RFC 29 §4.3, §4.4, §5.3. All of it may be said twice, late and out of order (STR-37, X-STR10).
 */
import { isAddress } from '@hourglass/ilp'
import { StreamErrorCode } from '../error-code.ts'
import type { ConnectionFrame } from '../wire/connection-frames.ts'
import type { Frame } from '../wire/packet.ts'
import type { StreamFrame } from '../wire/stream-frames.ts'
import type { Shared } from './shared.ts'
import type { Stream } from './stream.ts'

/** Returns the code that closes the connection, where a frame breaks a rule. */
export function hear(frames: readonly Frame[], shared: Shared): number | undefined {
  if (!shared.asset.learn(frames)) return StreamErrorCode.ProtocolViolation // STR-50
  for (const frame of frames) {
    if ('streamId' in frame) {
      const stream = shared.streams.find(frame.streamId)
      if (stream !== undefined) hearOfStream(frame, stream, shared)
      continue
    }
    const violation = hearOfConnection(frame, shared)
    if (violation !== undefined) return violation
  }
  return undefined
}

/**
 * STR-77: the other end closes streams. Heard after all else of a packet, since it may close a stream with the packet
 * that brings its last money; and where that was not taken, it will come again.
 */
export function hearCloses(frames: readonly Frame[], shared: Shared, isTaken: boolean): void {
  for (const frame of frames) {
    if (frame.type !== 0x10) continue
    const stream = shared.streams.find(frame.streamId)
    const isLast = isTaken || !frames.some((other) => brings(other, frame.streamId))
    if (stream !== undefined && isLast) shared.closeStream(stream, frame.code, frame.message)
  }
}

/** Whether a frame brings something to a stream. */
function brings(frame: Frame, streamId: bigint): boolean {
  return (frame.type === 0x11 || frame.type === 0x14) && frame.streamId === streamId
}

function hearOfConnection(frame: ConnectionFrame, shared: Shared): number | undefined {
  switch (frame.type) {
    case 0x01:
      shared.end(frame.code, frame.message, true) // STR-79
      break
    case 0x02:
      return moved(frame.address, shared)
    case 0x03:
      shared.data.peerMax = Math.max(shared.data.peerMax, Number(frame.maxOffset))
      break
    case 0x04:
      shared.notices.add('max-data')
      break
    case 0x05:
      shared.streams.allow(frame.maxStreamId)
      break
    case 0x06:
      shared.notices.add('max-stream-id')
      break
    case 0x07:
      break
  }
  return undefined
}

/** STR-46: empty means nowhere, and changes nothing; STR-48: a new path is tried before much goes there. */
function moved(address: string, shared: Shared): number | undefined {
  if (address === '') return undefined
  if (!isAddress(address)) return StreamErrorCode.FrameFormatError // STR-47
  if (address === shared.destination || shared.options.isReplyOnly === true) return undefined
  shared.destination = address
  shared.isPathProven = false
  return undefined
}

function hearOfStream(frame: StreamFrame, stream: Stream, shared: Shared): void {
  switch (frame.type) {
    case 0x12:
      stream.allow(frame.receiveMax)
      if (frame.totalReceived > stream.peerReceived) stream.peerReceived = frame.totalReceived
      break
    case 0x13:
      shared.notices.addOf(stream.id, 'max-money')
      break
    case 0x15:
      stream.outgoing.allow(Number(frame.maxOffset))
      break
    case 0x16:
      shared.notices.addOf(stream.id, 'max-data')
      break
    case 0x10:
    case 0x11:
    case 0x14:
    case 0x17:
      break
  }
}
