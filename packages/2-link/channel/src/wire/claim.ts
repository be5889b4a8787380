/**
 * Claim: a signed running total against a channel. Layer 2, wire.
 *
 *   version u8 | type u8 | channel id | amount, octets big endian | signature
 */
import { type Reader, type Writer, decodeBigUint, encodeBigUint } from '@hourglass/oer'
import { MessageType, begin, open } from './envelope.ts'

export interface Claim {
  readonly channelId: string
  /** In all, not in addition; base units of the ledger. */
  readonly amount: bigint
  readonly signature: Uint8Array
}

/** @throws DecodeError `short` | `bad-length` | `bad-utf8` | `bad-version` | `bad-type` */
export function decodeClaim(message: Uint8Array): Claim {
  return readClaim(open(message, MessageType.Claim))
}

export function encodeClaim(claim: Claim): Uint8Array {
  return writeClaim(begin(MessageType.Claim), claim).finish()
}

export function readClaim(reader: Reader): Claim {
  const channelId = reader.text()
  const amount = decodeBigUint(reader.octets())
  return { channelId, amount, signature: reader.octets().slice() }
}

export function writeClaim(writer: Writer, { channelId, amount, signature }: Claim): Writer {
  return writer.text(channelId).octets(encodeBigUint(amount)).octets(signature)
}
