/**
 * Frames with one part, which is nearly all of them: the path of every packet. Layer 2, wire.
 * The same octets as `encodeFrame`, in one copy.
 */
import { allocate, lengthBytes, octetsBytes, writeLength } from '@hourglass/oer'
import type { FrameType } from './frame.ts'
import { encodeOnlyPartHead } from './protocol-data.ts'

/**
 * A Response or Message whose only part is `data` under `protocolName`, as an octet stream.
 * It shares its buffer with other frames: to be sent, not kept.
 */
export function encodeSinglePart(
  type: typeof FrameType.Response | typeof FrameType.Message,
  requestId: number,
  protocolName: string,
  data: Uint8Array,
): Uint8Array {
  const head = encodeOnlyPartHead(protocolName)
  const bodyBytes = head.length + octetsBytes(data.length)
  const frame = allocate(BODY_AT + lengthBytes(bodyBytes) + bodyBytes)
  frame[0] = type
  frame[1] = requestId >>> 24
  frame[2] = requestId >>> 16
  frame[3] = requestId >>> 8
  frame[4] = requestId
  let at = writeLength(frame, BODY_AT, bodyBytes)
  for (const octet of head) frame[at++] = octet
  frame.set(data, writeLength(frame, at, data.length))
  return frame
}

/** Behind type and request id. */
const BODY_AT = 5
