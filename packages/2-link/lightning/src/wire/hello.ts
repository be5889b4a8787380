/**
 * Hello: where this peer's node is, and how payments to the account are marked. Layer 2, wire.
 * Request and reply have the same form; each side says hello whenever the link comes up.
 *
 *   version u8, 1 | type u8, 1 | network | node id, 33 octets | host | port u16 | reference, 16 octets | key, 32 octets
 */
import { beginMessage, endMessage, openMessage, readText } from '@hourglass/link'
import { type Reader, decodeHex, encodeHex } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import type { NodeAddress } from '../node.ts'
import { MessageType } from './message-type.ts'
import { type Destination, REFERENCE_BYTES, REFERENCE_KEY_BYTES } from './reference.ts'

export interface Hello {
  /** Name of the Bitcoin network: both must say the same. */
  readonly network: string
  readonly address: NodeAddress
  readonly destination: Destination
}

const NODE_ID_BYTES = 33
const TEXT_BYTES_MAX = 255

/** @throws DecodeError OerFault | MessageFault */
export function decodeHello(message: Uint8Array): Hello {
  const reader = openMessage(message, MessageType.Hello)
  const network = readText(reader, TEXT_BYTES_MAX)
  const nodeId = readNodeId(reader)
  const host = readText(reader, TEXT_BYTES_MAX)
  const address = { nodeId, host, port: reader.uint16() }
  const reference = reader.take(REFERENCE_BYTES).slice()
  const destination = { reference, key: reader.take(REFERENCE_KEY_BYTES).slice() }
  endMessage(reader)
  return { network, address, destination }
}

/** @throws UsageError where the node's id is none */
export function encodeHello({ network, address, destination }: Hello): Uint8Array {
  const nodeId = decodeHex(address.nodeId)
  if (nodeId?.length !== NODE_ID_BYTES) throw new UsageError(`${address.nodeId} is no node's id`)
  const writer = beginMessage(MessageType.Hello).text(network).bytes(nodeId)
  writer.text(address.host).uint16(address.port)
  return writer.bytes(destination.reference).bytes(destination.key).finish()
}

/** A compressed point begins with 2 or 3; whether it is on the curve is the node's to say. */
function readNodeId(reader: Reader): string {
  const { at } = reader
  const octets = reader.take(NODE_ID_BYTES)
  if (octets[0] !== 2 && octets[0] !== 3) throw new DecodeError('bad-node-id', at)
  return encodeHex(octets)
}
