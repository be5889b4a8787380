/**
 * Frames: what one binary WebSocket message holds. Layer 2, wire.
 * Spec: IL-RFC 23 "Overview"; lengths are whole OER lengths (X-BTP3).
 *
 *   type (u8), requestId (u32), body (octet string):
 *     Response, Message   protocolData
 *     Error               error contents, protocolData
 *     Transfer            amount (u64), protocolData
 *
 * Octets behind a frame, and behind what is known of its body, are ignored (BTP-01; the RFC's types are open to
 * extension), so of those alone `encodeFrame(decodeFrame(b))` keeps nothing.
 */
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import { type ErrorContents, readErrorContents, writeErrorContents } from './error-contents.ts'
import { type ProtocolData, readProtocolData, writeProtocolData } from './protocol-data.ts'

/** RFC 23 "BTP Type IDs"; 3, 4 and 5 went with BTP 1. */
export const FrameType = { Response: 1, Error: 2, Message: 6, Transfer: 7 } as const

interface FrameHead {
  /** Any u32; names a request among those that its sender has under way. */
  readonly requestId: number
  /** The first part decides what is meant; later ones only modify it. */
  readonly protocolData: readonly ProtocolData[]
}

export type Frame = FrameHead &
  (
    | { readonly type: typeof FrameType.Response | typeof FrameType.Message }
    | { readonly type: typeof FrameType.Error; readonly error: ErrorContents }
    /** `amount`: base units of what the peers agreed on, 0 … 2^64-1. */
    | { readonly type: typeof FrameType.Transfer; readonly amount: bigint }
  )

/** Data of the parts are views of `bytes`. @throws DecodeError `bad-type` | codes of `Reader` */
export function decodeFrame(bytes: Uint8Array): Frame {
  const reader = new Reader(bytes)
  const type = reader.uint8()
  const requestId = reader.uint32()
  const body = reader.nested()
  switch (type) {
    case FrameType.Response:
    case FrameType.Message:
      return { type, requestId, protocolData: readProtocolData(body, bytes) }
    case FrameType.Error: {
      const error = readErrorContents(body)
      return { type, requestId, error, protocolData: readProtocolData(body, bytes) }
    }
    case FrameType.Transfer: {
      const amount = body.uint64()
      return { type, requestId, amount, protocolData: readProtocolData(body, bytes) }
    }
    default:
      throw new DecodeError('bad-type', 0)
  }
}

/** Throws UsageError for fields out of range. */
export function encodeFrame(frame: Frame): Uint8Array {
  const body = new Writer()
  if (frame.type === FrameType.Error) writeErrorContents(body, frame.error)
  else if (frame.type === FrameType.Transfer) body.uint64(frame.amount)
  writeProtocolData(body, frame.protocolData)
  return new Writer(FRAME_OVERHEAD_BYTES + body.length)
    .uint8(frame.type)
    .uint32(frame.requestId)
    .octets(body.finish())
    .finish()
}

/** Type, request id and the longest length. */
const FRAME_OVERHEAD_BYTES = 1 + 4 + 5
