/**
 * What every message of a settlement's protocol begins with. Layer 2, wire.
 *
 *   version u8, 1 | type u8 | …
 *
 * Texts are variable-length strings (IL-RFC 30). A message ends where its last field ends.
 */
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'

const VERSION = 1

/** What decoders of messages throw beside the reader's own, and what their own fields may be. */
export type MessageFault = 'bad-version' | 'bad-type' | 'too-long' | 'trailing'

/** The type of a message that this version understands; undefined for any other. */
export function messageType(message: Uint8Array): number | undefined {
  return message[0] === VERSION ? message[1] : undefined
}

/** Reads what follows. @throws DecodeError `bad-version` | `bad-type` | `short` */
export function openMessage(message: Uint8Array, type: number): Reader {
  const reader = new Reader(message)
  if (reader.uint8() !== VERSION) throw new DecodeError<MessageFault>('bad-version', 0)
  if (reader.uint8() !== type) throw new DecodeError<MessageFault>('bad-type', 1)
  return reader
}

/** To be called when all fields are read. @throws DecodeError `trailing` */
export function endMessage(reader: Reader): void {
  if (reader.remaining > 0) throw new DecodeError<MessageFault>('trailing', reader.at)
}

export function beginMessage(type: number): Writer {
  return new Writer().uint8(VERSION).uint8(type)
}

/** `bytesMax` counts what says how long it is. @throws DecodeError `too-long`, and the reader's own */
export function readText(reader: Reader, bytesMax: number): string {
  const { at } = reader
  const text = reader.text()
  if (reader.at - at > bytesMax) throw new DecodeError<MessageFault>('too-long', at)
  return text
}
