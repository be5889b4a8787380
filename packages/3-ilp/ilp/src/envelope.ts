/**
 * What every packet is wrapped in: a type and the length of its contents. Layer 3, wire.
 * Spec: IL-RFC 27 "Packet Format"; encodings IL-RFC 30.
 *
 *   type u8 | contents, a variable-length octet string; their last field is always `data`
 *
 * Leniency: what trails the contents, or the last field inside them, is ignored (ILP-05) and never goes on
 * (ILP-06, `canonicalPacket`). Lengths that are not canonical are refused (ILP-04, X-OER7).
 */
import { Reader, allocate, octetsBytes, writeLength } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import type { IlpFault } from './fault.ts'

/** The first octet of a packet. */
export const PacketType = { Prepare: 12, Fulfill: 13, Reject: 14 } as const
export type PacketType = (typeof PacketType)[keyof typeof PacketType]

const TYPE_BYTES = 1

/** A reader of the contents. @throws DecodeError `bad-type` | `short` | `bad-length` */
export function openEnvelope(packet: Uint8Array, type: PacketType): Reader {
  // ILP-01
  if (packet[0] !== type) throw new DecodeError<IlpFault>(packet.length === 0 ? 'short' : 'bad-type', 0)
  const contents = new Reader(packet, TYPE_BYTES)
  contents.enter()
  return contents
}

/** A new packet with room for `contentsBytes`, and where they begin in it. */
export function newEnvelope(type: PacketType, contentsBytes: number): { packet: Uint8Array; at: number } {
  const packet = allocate(TYPE_BYTES + octetsBytes(contentsBytes))
  packet[0] = type
  return { packet, at: writeLength(packet, TYPE_BYTES, contentsBytes) }
}

/**
 * The packet as it may go on: the same array where nothing trails it, else a copy without what does (ILP-06).
 * `data` is the view that the packet's decoder returned. All other octets stay as they came (ILP-18, ILP-19).
 */
export function canonicalPacket(packet: Uint8Array, { data }: { readonly data: Uint8Array }): Uint8Array {
  const end = data.byteOffset + data.length - packet.byteOffset
  if (data.buffer !== packet.buffer || end < 0 || end > packet.length) {
    throw new UsageError('data is not a view of the packet')
  }
  if (end === packet.length) return packet
  const type = packet[0] as PacketType
  const start = openEnvelope(packet, type).at
  const canonical = newEnvelope(type, end - start)
  canonical.packet.set(packet.subarray(start, end), canonical.at)
  return canonical.packet
}
