/**
 * ILP Reject: says why a Prepare went no further. Layer 3, wire.
 * Spec: IL-RFC 27 "ILP Reject"; encodings IL-RFC 30.
 *
 *   code 3 ASCII characters | triggeredBy | message | data
 *
 * Leniencies: an empty `triggeredBy` is read (X-ADDR3), and a message that is no UTF-8 (ILP-16): whoever
 * relays a Reject relays its octets (`canonicalPacket`), not what was read.
 */
import { type Reader, encodeUtf8, octetsBytes, writeOctets } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import { type Address, readAddressOrEmpty, writeAddress } from './address.ts'
import { checkData, readData, writeData } from './data.ts'
import { PacketType, newEnvelope, openEnvelope } from './envelope.ts'
import type { IlpFault } from './fault.ts'

export interface Reject {
  /** Three ASCII characters, no control characters: an `ErrorCode`, or another that `errorClass` sorts. */
  readonly code: string
  /** Who made the Reject. Empty only where a peer named nobody. */
  readonly triggeredBy: Address | ''
  /** For people: nothing may depend on it. At most 8191 octets of UTF-8 when sent. */
  readonly message: string
  /** End-to-end payload, or what the code asks for; at most 32 767 octets. A view when decoded. */
  readonly data: Uint8Array
}

/** The longest message that is sent, in octets. */
export const MESSAGE_BYTES_MAX = 8191

const CODE_BYTES = 3

/**
 * Reads a whole packet. What trails is ignored: `canonicalPacket` takes it off.
 * @throws DecodeError `bad-type` | `short` | `bad-length` | `bad-error-code` | `bad-address` | `long-data`
 */
export function decodeReject(packet: Uint8Array): Reject {
  const contents = openEnvelope(packet, PacketType.Reject)
  const code = readCode(contents)
  const triggeredBy = readAddressOrEmpty(contents)
  const message = contents.lossyText()
  return { code, triggeredBy, message, data: readData(contents) }
}

/** Throws UsageError where a field is out of its range. */
export function encodeReject({ code, triggeredBy, message, data }: Reject): Uint8Array {
  if (!CODE.test(code)) throw new UsageError(`${JSON.stringify(code)} is not three ASCII characters`)
  const text = encodeUtf8(message)
  if (text.length > MESSAGE_BYTES_MAX) {
    throw new UsageError(`a message of ${text.length} octets is longer than ${MESSAGE_BYTES_MAX}`)
  }
  checkData(data)
  const contentsBytes =
    CODE_BYTES + octetsBytes(triggeredBy.length) + octetsBytes(text.length) + octetsBytes(data.length)
  const { packet, at } = newEnvelope(PacketType.Reject, contentsBytes)
  for (let i = 0; i < CODE_BYTES; i++) packet[at + i] = code.charCodeAt(i)
  const messageAt = writeAddress(packet, at + CODE_BYTES, triggeredBy)
  writeData(packet, writeOctets(packet, messageAt, text), data)
  return packet
}

/** ILP-13 */
const CODE = /^[\x20-\x7e]{3}$/

function readCode(contents: Reader): string {
  const { at } = contents
  const code = String.fromCharCode(contents.uint8(), contents.uint8(), contents.uint8())
  if (!CODE.test(code)) throw new DecodeError<IlpFault>('bad-error-code', at)
  return code
}
