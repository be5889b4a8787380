/**
 * A STREAM packet, as it is before encryption. Layer 4, wire. Spec: IL-RFC 29 §5.2, §5.3.
 *
 *   version u8, 1 | ILP type u8 | sequence | prepareAmount | frame count | frames | padding
 *   frame: type u8 | contents, variable-length octets
 *
 * Leniency: what follows the counted frames is padding (STR-21), unknown frames are skipped (STR-23).
 */
import { PacketType } from '@hourglass/ilp'
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import { type ConnectionFrame, readConnectionFrame, writeConnectionFrame } from './connection-frames.ts'
import { type StreamFrame, readStreamFrame, writeStreamFrame } from './stream-frames.ts'

export type Frame = ConnectionFrame | StreamFrame

export interface StreamPacket {
  /** Type of the ILP packet that carries it: one that differs is not authentic (STR-16). */
  readonly type: PacketType
  /** The Prepare's own number; its reply carries the same (STR-13, STR-14). */
  readonly sequence: bigint
  /** In a Prepare: the least that may arrive. In a reply: what arrived (STR-18, STR-19). */
  readonly prepareAmount: bigint
  readonly frames: readonly Frame[]
}

const VERSION = 1
/** The first type of a frame that concerns one stream. */
const STREAM_FRAMES_FROM = 0x10

/** @throws DecodeError `bad-version` | `bad-type` | `short` | `bad-length` | `bad-varuint` | `bad-utf8` */
export function decodeStreamPacket(plaintext: Uint8Array): StreamPacket {
  const reader = new Reader(plaintext)
  if (reader.uint8() !== VERSION) throw new DecodeError('bad-version', 0) // STR-20
  const type = reader.uint8()
  if (type !== PacketType.Prepare && type !== PacketType.Fulfill && type !== PacketType.Reject) {
    throw new DecodeError('bad-type', 1)
  }
  const sequence = reader.varUint()
  const prepareAmount = reader.varUint()
  const frames: Frame[] = []
  for (let left = reader.count(); left > 0; left--) {
    const frameType = reader.uint8()
    const contents = reader.nested()
    const frame =
      frameType < STREAM_FRAMES_FROM
        ? readConnectionFrame(frameType, contents)
        : readStreamFrame(frameType, contents)
    if (frame !== undefined) frames.push(frame)
  }
  return { type, sequence, prepareAmount, frames }
}

export function encodeStreamPacket({ type, sequence, prepareAmount, frames }: StreamPacket): Uint8Array {
  const writer = new Writer(PACKET_BYTES_USUAL)
  writer.uint8(VERSION).uint8(type).varUint(sequence).varUint(prepareAmount).varUint(BigInt(frames.length))
  for (const frame of frames) {
    const start = writer.uint8(frame.type).begin()
    if (frame.type < STREAM_FRAMES_FROM) writeConnectionFrame(writer, frame as ConnectionFrame)
    else writeStreamFrame(writer, frame as StreamFrame)
    writer.end(start)
  }
  return writer.finish()
}

const PACKET_BYTES_USUAL = 64
