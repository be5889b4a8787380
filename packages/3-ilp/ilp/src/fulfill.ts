/**
 * ILP Fulfill: shows that the packet's receiver took the offer. Layer 3, wire.
 * Spec: IL-RFC 27 "ILP Fulfill"; encodings IL-RFC 30.
 *
 *   fulfillment 32 octets | data
 */
import { octetsBytes } from '@hourglass/oer'
import { UsageError } from '@hourglass/sansio'
import { checkData, readData, writeData } from './data.ts'
import { PacketType, newEnvelope, openEnvelope } from './envelope.ts'

export interface Fulfill {
  /** 32 octets whose SHA-256 digest is the condition. A view when decoded: copy it to keep it. */
  readonly fulfillment: Uint8Array
  /** End-to-end payload, at most 32 767 octets. A view when decoded: copy it to keep it. */
  readonly data: Uint8Array
}

export const FULFILLMENT_BYTES = 32

/**
 * Reads a whole packet. What trails is ignored: `canonicalPacket` takes it off.
 * @throws DecodeError `bad-type` | `short` | `bad-length` | `long-data`
 */
export function decodeFulfill(packet: Uint8Array): Fulfill {
  const contents = openEnvelope(packet, PacketType.Fulfill)
  return { fulfillment: contents.take(FULFILLMENT_BYTES), data: readData(contents) }
}

/** Throws UsageError where a field is out of its range. */
export function encodeFulfill({ fulfillment, data }: Fulfill): Uint8Array {
  if (fulfillment.length !== FULFILLMENT_BYTES) {
    throw new UsageError(`a fulfillment has ${FULFILLMENT_BYTES} octets, not ${fulfillment.length}`)
  }
  checkData(data)
  const { packet, at } = newEnvelope(PacketType.Fulfill, FULFILLMENT_BYTES + octetsBytes(data.length))
  packet.set(fulfillment, at)
  writeData(packet, at + FULFILLMENT_BYTES, data)
  return packet
}
