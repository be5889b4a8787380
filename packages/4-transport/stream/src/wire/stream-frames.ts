/**
 * Frames that concern one stream. Layer 4, wire. Spec: IL-RFC 29 §5.3.8 … §5.3.14; IL-RFC 39 "StreamReceipt".
 * Each frame's contents begin with the stream's id; what trails them is ignored (STR-24).
 */
import type { Reader, Writer } from '@hourglass/oer'

/** 0x10 (§5.3.14). */
export interface StreamClose {
  readonly type: 0x10
  readonly streamId: bigint
  readonly code: number
  readonly message: string
}

/** 0x11 (§5.3.8). The stream's part of the packet's amount: shares over all shares. */
export interface StreamMoney {
  readonly type: 0x11
  readonly streamId: bigint
  readonly shares: bigint
}

/** 0x12 (§5.3.9). In units of the sender of the frame (STR-67). */
export interface StreamMaxMoney {
  readonly type: 0x12
  readonly streamId: bigint
  /** What the stream takes in all; above 2^64-1 it counts as that (STR-26). */
  readonly receiveMax: bigint
  readonly totalReceived: bigint
}

/** 0x13 (§5.3.10). */
export interface StreamMoneyBlocked {
  readonly type: 0x13
  readonly streamId: bigint
  /** Above 2^64-1 it counts as that (STR-26). */
  readonly sendMax: bigint
  readonly totalSent: bigint
}

/** 0x14 (§5.3.11). */
export interface StreamData {
  readonly type: 0x14
  readonly streamId: bigint
  readonly offset: bigint
  /** A view when decoded: copy it to keep it. */
  readonly data: Uint8Array
}

/** 0x15 and 0x16 (§5.3.12, §5.3.13). */
export interface StreamDataLimit {
  readonly type: 0x15 | 0x16
  readonly streamId: bigint
  readonly maxOffset: bigint
}

/** 0x17 (IL-RFC 39). */
export interface StreamReceipt {
  readonly type: 0x17
  readonly streamId: bigint
  readonly receipt: Uint8Array
}

export type StreamFrame =
  | StreamClose
  | StreamMoney
  | StreamMaxMoney
  | StreamMoneyBlocked
  | StreamData
  | StreamDataLimit
  | StreamReceipt

/** Undefined where the type is of no stream frame. @throws DecodeError */
export function readStreamFrame(type: number, reader: Reader): StreamFrame | undefined {
  if (type < 0x10 || type > 0x17) return undefined
  const streamId = reader.varUint()
  switch (type) {
    case 0x10:
      return { type, streamId, code: reader.uint8(), message: reader.lossyText() }
    case 0x11:
      return { type, streamId, shares: reader.varUint() }
    case 0x12:
      return { type, streamId, receiveMax: reader.varUintSaturating(), totalReceived: reader.varUint() }
    case 0x13:
      return { type, streamId, sendMax: reader.varUintSaturating(), totalSent: reader.varUint() }
    case 0x14:
      return { type, streamId, offset: reader.varUint(), data: reader.octets() }
    case 0x15:
    case 0x16:
      return { type, streamId, maxOffset: reader.varUint() }
    case 0x17:
      return { type, streamId, receipt: reader.octets() }
    default:
      return undefined
  }
}

export function writeStreamFrame(writer: Writer, frame: StreamFrame): void {
  writer.varUint(frame.streamId)
  switch (frame.type) {
    case 0x10:
      writer.uint8(frame.code).text(frame.message)
      break
    case 0x11:
      writer.varUint(frame.shares)
      break
    case 0x12:
      writer.varUint(frame.receiveMax).varUint(frame.totalReceived)
      break
    case 0x13:
      writer.varUint(frame.sendMax).varUint(frame.totalSent)
      break
    case 0x14:
      writer.varUint(frame.offset).octets(frame.data)
      break
    case 0x15:
    case 0x16:
      writer.varUint(frame.maxOffset)
      break
    case 0x17:
      writer.octets(frame.receipt)
      break
  }
}
