/**
 * What every message of the `channel` protocol begins with. Layer 2, wire.
 *
 *   version u8, 1 | type u8
 *
 * Strings and octets are variable-length (IL-RFC 30). What trails a message is ignored: room for later versions.
 */
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'

export const MessageType = { Hello: 1, Claim: 2, Answer: 3 } as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

const VERSION = 1

/** The type of a message that this version understands; undefined for any other. */
export function messageType(message: Uint8Array): number | undefined {
  return message[0] === VERSION ? message[1] : undefined
}

export function open(message: Uint8Array, type: MessageType): Reader {
  const reader = new Reader(message)
  if (reader.uint8() !== VERSION) throw new DecodeError('bad-version', 0)
  if (reader.uint8() !== type) throw new DecodeError('bad-type', 1)
  return reader
}

export function begin(type: MessageType): Writer {
  return new Writer().uint8(VERSION).uint8(type)
}
