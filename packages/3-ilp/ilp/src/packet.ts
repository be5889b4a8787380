/** Any packet, and any reply to a Prepare. Layer 3, wire. Spec: IL-RFC 27 "Packet Format". */
import { DecodeError } from '@hourglass/sansio'
import { PacketType } from './envelope.ts'
import type { IlpFault } from './fault.ts'
import { type Fulfill, decodeFulfill, encodeFulfill } from './fulfill.ts'
import { type Prepare, decodePrepare, encodePrepare } from './prepare.ts'
import { type Reject, decodeReject, encodeReject } from './reject.ts'

/** What answers a Prepare. */
export type Reply =
  | ({ readonly type: typeof PacketType.Fulfill } & Fulfill)
  | ({ readonly type: typeof PacketType.Reject } & Reject)

export type Packet = ({ readonly type: typeof PacketType.Prepare } & Prepare) | Reply

/** @throws DecodeError<IlpFault> as the decoder of its type does */
export function decodePacket(packet: Uint8Array): Packet {
  return packet[0] === PacketType.Prepare
    ? { type: PacketType.Prepare, ...decodePrepare(packet) }
    : decodeReply(packet)
}

/** Throws UsageError where a field is out of its range. */
export function encodePacket(packet: Packet): Uint8Array {
  return packet.type === PacketType.Prepare ? encodePrepare(packet) : encodeReply(packet)
}

/** @throws DecodeError<IlpFault> as the decoder of its type does; `bad-type` also for a Prepare */
export function decodeReply(packet: Uint8Array): Reply {
  switch (packet[0]) {
    case PacketType.Fulfill:
      return { type: PacketType.Fulfill, ...decodeFulfill(packet) }
    case PacketType.Reject:
      return { type: PacketType.Reject, ...decodeReject(packet) }
    case undefined:
      throw new DecodeError<IlpFault>('short', 0)
    default:
      throw new DecodeError<IlpFault>('bad-type', 0)
  }
}

/** Throws UsageError where a field is out of its range. */
export function encodeReply(reply: Reply): Uint8Array {
  return reply.type === PacketType.Fulfill ? encodeFulfill(reply) : encodeReject(reply)
}
