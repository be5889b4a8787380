/**
 * Frames that concern the whole connection. Layer 4, wire. Spec: IL-RFC 29 §5.3.1 … §5.3.7.
 * Each frame's contents are read from a reader of their own; what trails them is ignored (STR-24).
 */
import type { Reader, Writer } from '@hourglass/oer'

/** 0x01 (§5.3.1). Nothing is sent after it. */
export interface ConnectionClose {
  readonly type: 0x01
  /** STREAM error code, §5.4; unknown ones are errors like any other (STR-82). */
  readonly code: number
  readonly message: string
}

/** 0x02 (§5.3.2). Where the sender of the frame can be reached; empty: nowhere (STR-46). */
export interface ConnectionNewAddress {
  readonly type: 0x02
  readonly address: string
}

/** 0x03 and 0x04 (§5.3.3, §5.3.4). */
export interface ConnectionDataLimit {
  readonly type: 0x03 | 0x04
  readonly maxOffset: bigint
}

/** 0x05 and 0x06 (§5.3.5, §5.3.6). */
export interface ConnectionStreamIdLimit {
  readonly type: 0x05 | 0x06
  readonly maxStreamId: bigint
}

/** 0x07 (§5.3.7). The asset of the sender of the frame; never changes (STR-49). */
export interface ConnectionAssetDetails {
  readonly type: 0x07
  readonly assetCode: string
  readonly assetScale: number
}

export type ConnectionFrame =
  | ConnectionClose
  | ConnectionNewAddress
  | ConnectionDataLimit
  | ConnectionStreamIdLimit
  | ConnectionAssetDetails

/** Undefined where the type is of no connection frame. @throws DecodeError */
export function readConnectionFrame(type: number, reader: Reader): ConnectionFrame | undefined {
  switch (type) {
    case 0x01:
      return { type, code: reader.uint8(), message: reader.lossyText() }
    case 0x02:
      return { type, address: reader.text() }
    case 0x03:
    case 0x04:
      return { type, maxOffset: reader.varUint() }
    case 0x05:
    case 0x06:
      return { type, maxStreamId: reader.varUint() }
    case 0x07:
      return { type, assetCode: reader.text(), assetScale: reader.uint8() }
    default:
      return undefined
  }
}

export function writeConnectionFrame(writer: Writer, frame: ConnectionFrame): void {
  switch (frame.type) {
    case 0x01:
      writer.uint8(frame.code).text(frame.message)
      break
    case 0x02:
      writer.text(frame.address)
      break
    case 0x03:
    case 0x04:
      writer.varUint(frame.maxOffset)
      break
    case 0x05:
    case 0x06:
      writer.varUint(frame.maxStreamId)
      break
    case 0x07:
      writer.text(frame.assetCode).uint8(frame.assetScale)
      break
  }
}
