/**
 * Asking for channels to be paid over, and the answer that one is opened. Layer 2, wire.
 *
 *   request   version u8 | type u8 | what lacks in msat, 64 bits
 *   answer    version u8 | type u8
 */
import { beginMessage, endMessage, openMessage } from '@hourglass/link'
import { MessageType } from './message-type.ts'

/** What lacks, in msat. @throws DecodeError OerFault | MessageFault */
export function decodeInboundRequest(message: Uint8Array): bigint {
  const reader = openMessage(message, MessageType.InboundRequest)
  const lackingMsat = reader.uint64()
  endMessage(reader)
  return lackingMsat
}

export function encodeInboundRequest(lackingMsat: bigint): Uint8Array {
  return beginMessage(MessageType.InboundRequest).uint64(lackingMsat).finish()
}

export function encodeInboundAnswer(): Uint8Array {
  return beginMessage(MessageType.Inbound).finish()
}
