/**
 * Answer to a claim: accepted up to an amount, or refused. Layer 2, wire.
 *
 *   version u8 | type u8 | refusal, empty where accepted | amount held
 */
import { beginMessage, endMessage, openMessage } from '@hourglass/link'
import { MessageType, readAmount, readName, writeAmount } from './messages.ts'

/** Why a claim is not taken. Peers may send others, which mean that it never will be. */
export type ClaimRefusal =
  /** The ledger knows no such channel, or does not hold it for final yet. */
  | 'unknown-channel'
  /** It pays somebody else or for another account, holds another asset, or its settle delay is too short. */
  | 'bad-terms'
  /** It is closed, or its source asked to close it. */
  | 'closing'
  /** More than the channel holds, as far as the peer's ledger has told. */
  | 'over-deposit'
  /** The signature is not one of the channel's claim key. */
  | 'bad-signature'
  /** Too many channels, or a newer claim took its place. */
  | 'busy'

export interface Answer {
  /** Undefined: accepted. */
  readonly refusal: string | undefined
  /** The highest amount that the peer now holds on that channel. */
  readonly amount: bigint
}

/** @throws DecodeError OerFault | MessageFault */
export function decodeAnswer(message: Uint8Array): Answer {
  const reader = openMessage(message, MessageType.Answer)
  const refusal = readName(reader)
  const amount = readAmount(reader)
  endMessage(reader)
  return { refusal: refusal === '' ? undefined : refusal, amount }
}

export function encodeAnswer({ refusal, amount }: Answer): Uint8Array {
  return writeAmount(beginMessage(MessageType.Answer).text(refusal ?? ''), amount).finish()
}
