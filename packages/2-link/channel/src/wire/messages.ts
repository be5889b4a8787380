/**
 * The messages of the `channel` protocol, and the fields they share. Layer 2, wire.
 *
 * Names and signatures are variable-length strings and octets (IL-RFC 30), amounts variable-length octets that
 * hold a big-endian integer without leading zeros.
 */
import { type MessageFault, readText } from '@hourglass/link'
import { type Reader, type Writer, decodeBigUint } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'

export const MessageType = { Hello: 1, Claim: 2, Answer: 3 } as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** Names of ledgers, accounts, assets and channels. */
const NAME_BYTES_MAX = 1024
const SIGNATURE_BYTES_MAX = 1024
/** No ledger counts further than that. */
const AMOUNT_BYTES_MAX = 32

export function readName(reader: Reader): string {
  return readText(reader, NAME_BYTES_MAX)
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
  if (octets[0] === 0) throw new DecodeError('bad-amount', at)
  return decodeBigUint(octets)
}

export function writeAmount(writer: Writer, amount: bigint): Writer {
  return writer.bigUint(amount)
}
