/**
 * What every packet is wrapped in: a type and the length of its contents. Layer 3, wire.
 * Spec: IL-RFC 27 "Packet Format"; encodings IL-RFC 30.
 *
 *   type u8 | contents, a variable-length octet string; their last field is always `data`
 *
 * Leniency: what trails the contents, or the last field inside them, is ignored (ILP-05) and never goes on
 * (ILP-06, `canonicalPacket`). Lengths that are not canonical are refused (ILP-04, X-OER7).
 */
import { Reader, octetsBytes, writeLength } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import type { IlpFault } from './fault.ts'

/** The first octet of a packet. */
export const PacketType = { Prepare: 12, Fulfill: 13, Reject: 14 } as const
export type PacketType = (typeof PacketType)[keyof typeof PacketType]

const TYPE_BYTES = 1

/** A reader of the contents. @throws DecodeError `bad-type` | `short` | `bad-length` */
export function openEnvelope(packet: Uint8Array, type: PacketType): Reader {
  // ILP-01
  if (packet[0] !== type) throw new DecodeError<IlpFault>(packet.length === 0 ? 'short' : 'bad-type', 0)
  return new Reader(packet, TYPE_BYTES).nested()
}

/** A new packet with room for `contentsBytes`, and where they begin in it. */
export function newEnvelope(type: PacketType, contentsBytes: number): { packet: Uint8Array; at: number } {
  const packet = new Uint8Array(TYPE_BYTES + octetsBytes(contentsBytes))
  packet[0] = type
  return { packet, at: writeLength(packet, TYPE_BYTES, contentsBytes) }
}

/**
 * The packet as it may go on: the same array where nothing trails it, else a copy without what trails
 * (ILP-06). `data` is the view that its decoder returned. All other octets stay as they came (ILP-18, ILP-19).
 */
export function canonicalPacket(packet: Uint8Array, { data }: { readonly data: Uint8Array }): Uint8Array {
  const end = data.byteOffset + data.length - packet.byteOffset
  if (end === packet.length) return packet
  const start = new Reader(packet, TYPE_BYTES).nested().at
  const { packet: canonical, at } = newEnvelope(packet[0] as PacketType, end - start)
  canonical.set(packet.subarray(start, end), at)
  return canonical
}
