/**
 * Protocol data: named parts that every frame ends with. Layer 2, wire.
 * Spec: IL-RFC 23 "Sub-protocols"; layout from its ASN.1 module:
 *
 *   count (VarUInt), then for each part: name (string), content type (u8), data (octet string)
 */
import { type Reader, Writer } from '@hourglass/oer'

/** What a part's data is. Other values are carried through (BTP-08). */
export const ContentType = { OctetStream: 0, Text: 1, Json: 2 } as const

export interface ProtocolData {
  /** ASCII by the RFC; anything in UTF-8 is taken. */
  readonly protocolName: string
  /** 0 … 255. */
  readonly contentType: number
  /** A view of the frame when decoded. */
  readonly data: Uint8Array
}

/** Reads all parts; `reader` reads `bytes`, and what follows stays unread. @throws DecodeError of `Reader` */
export function readProtocolData(reader: Reader, bytes: Uint8Array): ProtocolData[] {
  if (isAt(ILP_HEAD, bytes, reader.at)) {
    reader.skip(ILP_HEAD.length)
    return [{ protocolName: 'ilp', contentType: ContentType.OctetStream, data: reader.octets() }]
  }
  const parts: ProtocolData[] = []
  for (let left = reader.count(); left > 0; left--) {
    const protocolName = reader.text()
    parts.push({ protocolName, contentType: reader.uint8(), data: reader.octets() })
  }
  return parts
}

export function writeProtocolData(writer: Writer, parts: readonly ProtocolData[]): void {
  writer.varUint(BigInt(parts.length))
  for (const { protocolName, contentType, data } of parts) {
    writer.text(protocolName).uint8(contentType).octets(data)
  }
}

/** What comes before the data of an only part that is an octet stream: a count of one, the name, the content type. */
export function encodeOnlyPartHead(protocolName: string): Uint8Array {
  if (protocolName === 'ilp') return ILP_HEAD
  return new Writer().uint8(1).uint8(1).text(protocolName).uint8(ContentType.OctetStream).finish()
}

/** Nearly every frame has a packet and nothing else: known by these octets, it is read three times as fast. */
const ILP_HEAD = new Writer().uint8(1).uint8(1).text('ilp').uint8(ContentType.OctetStream).finish()

function isAt(octets: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < octets.length; i++) if (bytes[at + i] !== octets[i]) return false
  return true
}
