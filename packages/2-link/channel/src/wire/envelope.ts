/**
 * What every message of the `channel` protocol begins with, and the fields they share. Layer 2, wire.
 *
 *   version u8, 1 | type u8 | …
 *
 * Names and signatures are variable-length strings and octets (IL-RFC 30), amounts variable-length octets that
 * hold a big-endian integer without leading zeros. A message ends where its last field ends.
 */
import { Reader, Writer, decodeBigUint, encodeBigUint } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'

export const MessageType = { Hello: 1, Claim: 2, Answer: 3 } as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** Names of ledgers, accounts, assets and channels. */
const NAME_BYTES_MAX = 1024
const SIGNATURE_BYTES_MAX = 1024
/** No ledger counts further than that. */
const AMOUNT_BYTES_MAX = 32

const VERSION = 1

/** What decoders of messages throw beside the reader's own. */
export type MessageFault = 'bad-version' | 'bad-type' | 'too-long' | 'bad-amount' | 'trailing'

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

export function readName(reader: Reader): string {
  const { at } = reader
  const name = reader.text()
  if (reader.at - at > NAME_BYTES_MAX) throw new DecodeError<MessageFault>('too-long', at)
  return name
}

/** A copy: it outlives the message. */
export function readSignature(reader: Reader): Uint8Array {
  const { at } = reader
  const signature = reader.octets()
  if (signature.length > SIGNATURE_BYTES_MAX) throw new DecodeError<MessageFault>('too-long', at)
  return signature.slice()
}

export function readAmount(reader: Reader): bigint {
  const { at } = reader
  const octets = reader.octets()
  if (octets.length > AMOUNT_BYTES_MAX) throw new DecodeError<MessageFault>('too-long', at)
  if (octets[0] === 0) throw new DecodeError<MessageFault>('bad-amount', at)
  return decodeBigUint(octets)
}

export function writeAmount(writer: Writer, amount: bigint): Writer {
  return writer.octets(encodeBigUint(amount))
}
