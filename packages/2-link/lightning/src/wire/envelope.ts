/**
 * What every message of the `lightning` protocol begins with. Layer 2, wire.
 *
 *   version u8, 1 | type u8 | …
 *
 * Texts are variable-length strings (IL-RFC 30). A message ends where its last field ends.
 */
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'

export const MessageType = {
  Hello: 1,
  InvoiceRequest: 2,
  Invoice: 3,
  InboundRequest: 4,
  Inbound: 5,
} as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

const VERSION = 1

/** What decoders of messages throw beside the reader's own. */
export type MessageFault = 'bad-version' | 'bad-type' | 'bad-node-id' | 'too-long' | 'trailing'

/** The type of a message that this version understands; undefined for any other. */
export function messageType(message: Uint8Array): number | undefined {
  return message[0] === VERSION ? message[1] : undefined
}

export function open(message: Uint8Array, type: MessageType): Reader {
  const reader = new Reader(message)
  if (reader.uint8() !== VERSION) throw new DecodeError<MessageFault>('bad-version', 0)
  if (reader.uint8() !== type) throw new DecodeError<MessageFault>('bad-type', 1)
  return reader
}

/** To be called when all fields are read. */
export function end(reader: Reader): void {
  if (reader.remaining > 0) throw new DecodeError<MessageFault>('trailing', reader.at)
}

export function begin(type: MessageType): Writer {
  return new Writer().uint8(VERSION).uint8(type)
}

export function readText(reader: Reader, bytesMax: number): string {
  const { at } = reader
  const text = reader.text()
  if (reader.at - at > bytesMax) throw new DecodeError<MessageFault>('too-long', at)
  return text
}
