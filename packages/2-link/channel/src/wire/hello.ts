/**
 * Hello: where this peer can be paid, and which claims of the other it holds. Layer 2, wire.
 * Request and reply have the same form; each side says hello whenever the link comes up.
 *
 *   version u8 | type u8 | ledger | account | asset | reference prefix, 16 octets
 *     | least settle delay, variable-length integer | most | count u8 | claims
 */
import { type MessageFault, beginMessage, endMessage, openMessage } from '@hourglass/link'
import { type Reader, decodeHex, encodeHex } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import { type Claim, readClaim, writeClaim } from './claim.ts'
import { MessageType, readName } from './messages.ts'

export interface Hello {
  /** Name of the ledger, as its adapter gives it: both must say the same. */
  readonly ledger: string
  /** Our ledger account, where the peer pays us. */
  readonly account: string
  /** Asset that channels hold, in the ledger's notation. */
  readonly asset: string
  /** 32 hex digits with which the references of channels to us must begin. */
  readonly referencePrefix: string
  /** Settle delays outside of these bounds are not accepted in channels to us: HTLA-11. 0 … 2^53-1. */
  readonly settleDelayMsMin: number
  readonly settleDelayMsMax: number
  /** The newest claim that we hold on each of the peer's channels: at most `HELD_MAX`. */
  readonly held: readonly Claim[]
}

export const REFERENCE_PREFIX_BYTES = 16
export const HELD_MAX = 16

/** @throws DecodeError OerFault | MessageFault */
export function decodeHello(message: Uint8Array): Hello {
  const reader = openMessage(message, MessageType.Hello)
  const ledger = readName(reader)
  const account = readName(reader)
  const asset = readName(reader)
  const referencePrefix = encodeHex(reader.take(REFERENCE_PREFIX_BYTES))
  const settleDelayMsMin = readMs(reader)
  const settleDelayMsMax = readMs(reader)
  const { at } = reader
  const count = reader.uint8()
  if (count > HELD_MAX) throw new DecodeError<MessageFault>('too-long', at)
  const held: Claim[] = []
  for (let i = 0; i < count; i++) held.push(readClaim(reader))
  endMessage(reader)
  return { ledger, account, asset, referencePrefix, settleDelayMsMin, settleDelayMsMax, held }
}

/** @throws UsageError where the prefix is none */
export function encodeHello(hello: Hello): Uint8Array {
  const { ledger, account, asset, referencePrefix, settleDelayMsMin, settleDelayMsMax, held } = hello
  const prefix = decodeHex(referencePrefix)
  if (prefix?.length !== REFERENCE_PREFIX_BYTES) throw new UsageError(`${referencePrefix} is no prefix`)
  const writer = beginMessage(MessageType.Hello).text(ledger).text(account).text(asset)
  writer.bytes(prefix).varUint(BigInt(settleDelayMsMin)).varUint(BigInt(settleDelayMsMax))
  writer.uint8(held.length)
  for (const claim of held) writeClaim(writer, claim)
  return writer.finish()
}

/** More than can be counted is as much as can be counted. */
function readMs(reader: Reader): number {
  return Math.min(Number(reader.varUint()), Number.MAX_SAFE_INTEGER)
}
