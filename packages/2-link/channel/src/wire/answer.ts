/**
 * Answer to a claim: accepted up to an amount, or refused. Layer 2, wire.
 *
 *   version u8 | type u8 | refusal, empty where accepted | amount held, octets big endian
 */
import { decodeBigUint, encodeBigUint } from '@hourglass/oer'
import { MessageType, begin, open } from './envelope.ts'

/** Why a claim is not taken. Peers may send others: unknown ones mean `invalid`. */
export type ClaimRefusal =
  /** The ledger knows no such channel, or does not hold it for final yet. */
  | 'unknown-channel'
  /** It pays somebody else, holds another asset, or its settle delay is too short. */
  | 'bad-terms'
  /** It is closed, or its source asked to close it. */
  | 'closing'
  /** More than the channel holds. */
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

/** @throws DecodeError `short` | `bad-length` | `bad-utf8` | `bad-version` | `bad-type` */
export function decodeAnswer(message: Uint8Array): Answer {
  const reader = open(message, MessageType.Answer)
  const refusal = reader.text()
  return { refusal: refusal === '' ? undefined : refusal, amount: decodeBigUint(reader.octets()) }
}

export function encodeAnswer({ refusal, amount }: Answer): Uint8Array {
  return begin(MessageType.Answer)
    .text(refusal ?? '')
    .octets(encodeBigUint(amount))
    .finish()
}
