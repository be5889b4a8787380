/**
 * Hello: where this peer's node is, and how payments to the account are marked. Layer 2, wire.
 * Request and reply have the same form; each side says hello whenever the link comes up.
 *
 *   version u8, 1 | type u8, 1 | network | node id, 33 octets | host | port u16 | reference, 16 octets | key, 32 octets
 *
 * Texts are variable-length strings (IL-RFC 30).
 */
import { Reader, Writer, decodeHex, encodeHex } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import type { NodeAddress } from '../node.ts'
import { type Destination, REFERENCE_BYTES, REFERENCE_KEY_BYTES } from './reference.ts'

export interface Hello {
  /** Name of the Bitcoin network: both must say the same. */
  readonly network: string
  readonly address: NodeAddress
  readonly destination: Destination
}

const VERSION = 1
const TYPE = 1
const NODE_ID_BYTES = 33
const TEXT_BYTES_MAX = 255

/** What decoding throws beside the reader's own. */
export type HelloFault = 'bad-version' | 'bad-type' | 'bad-node-id' | 'too-long' | 'trailing'

/** @throws DecodeError OerFault | HelloFault */
export function decodeHello(message: Uint8Array): Hello {
  const reader = new Reader(message)
  if (reader.uint8() !== VERSION) throw new DecodeError<HelloFault>('bad-version', 0)
  if (reader.uint8() !== TYPE) throw new DecodeError<HelloFault>('bad-type', 1)
  const network = readText(reader)
  const nodeId = readNodeId(reader)
  const host = readText(reader)
  const address = { nodeId, host, port: reader.uint16() }
  const reference = reader.take(REFERENCE_BYTES).slice()
  const destination = { reference, key: reader.take(REFERENCE_KEY_BYTES).slice() }
  if (reader.remaining > 0) throw new DecodeError<HelloFault>('trailing', reader.at)
  return { network, address, destination }
}

/** @throws UsageError where the node's id is none */
export function encodeHello({ network, address, destination }: Hello): Uint8Array {
  const nodeId = decodeHex(address.nodeId)
  if (nodeId?.length !== NODE_ID_BYTES) throw new UsageError(`${address.nodeId} is no node's id`)
  const writer = new Writer().uint8(VERSION).uint8(TYPE).text(network).bytes(nodeId)
  writer.text(address.host).uint16(address.port)
  return writer.bytes(destination.reference).bytes(destination.key).finish()
}

/** A compressed point begins with 2 or 3; whether it is on the curve is the node's to say. */
function readNodeId(reader: Reader): string {
  const { at } = reader
  const octets = reader.take(NODE_ID_BYTES)
  if (octets[0] !== 2 && octets[0] !== 3) throw new DecodeError<HelloFault>('bad-node-id', at)
  return encodeHex(octets)
}

function readText(reader: Reader): string {
  const { at } = reader
  const text = reader.text()
  if (reader.at - at > TEXT_BYTES_MAX) throw new DecodeError<HelloFault>('too-long', at)
  return text
}
