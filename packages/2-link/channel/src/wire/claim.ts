/**
 * Claim: a signed running total against a channel. Layer 2, wire.
 *
 *   version u8 | type u8 | channel id | amount | signature
 */
import { beginMessage, endMessage, openMessage } from '@hourglass/link'
import type { Reader, Writer } from '@hourglass/oer'
import { MessageType, readAmount, readName, readSignature, writeAmount } from './messages.ts'

export interface Claim {
  readonly channelId: string
  /** In all, not in addition; base units of the ledger. */
  readonly amount: bigint
  readonly signature: Uint8Array
}

/** @throws DecodeError OerFault | MessageFault */
export function decodeClaim(message: Uint8Array): Claim {
  const reader = openMessage(message, MessageType.Claim)
  const claim = readClaim(reader)
  endMessage(reader)
  return claim
}

export function encodeClaim(claim: Claim): Uint8Array {
  return writeClaim(beginMessage(MessageType.Claim), claim).finish()
}

export function readClaim(reader: Reader): Claim {
  const channelId = readName(reader)
  const amount = readAmount(reader)
  return { channelId, amount, signature: readSignature(reader) }
}

export function writeClaim(writer: Writer, { channelId, amount, signature }: Claim): Writer {
  return writeAmount(writer.text(channelId), amount).octets(signature)
}
