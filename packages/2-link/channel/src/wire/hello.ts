/**
 * Hello: where this peer can be paid, and which claims of the other it holds. Layer 2, wire.
 * Request and reply have the same form; each side says hello whenever the link comes up.
 *
 *   version u8 | type u8 | ledger | account | asset | reference prefix, 16 octets | count u8 | claims
 */
import { decodeHex, encodeHex } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import { type Claim, readClaim, writeClaim } from './claim.ts'
import { type MessageFault, MessageType, begin, end, open, readName } from './envelope.ts'

export interface Hello {
  /** Name of the ledger, as its adapter gives it: both must say the same. */
  readonly ledger: string
  /** Our ledger account, where the peer pays us. */
  readonly account: string
  /** Asset that channels hold, in the ledger's notation. */
  readonly asset: string
  /** 32 hex digits with which the references of channels to us must begin. */
  readonly referencePrefix: string
  /** The newest claim that we hold on each of the peer's channels: at most `HELD_MAX`. */
  readonly held: readonly Claim[]
}

export const REFERENCE_PREFIX_BYTES = 16
export const HELD_MAX = 16

/** @throws DecodeError OerFault | MessageFault */
export function decodeHello(message: Uint8Array): Hello {
  const reader = open(message, MessageType.Hello)
  const ledger = readName(reader)
  const account = readName(reader)
  const asset = readName(reader)
  const referencePrefix = encodeHex(reader.take(REFERENCE_PREFIX_BYTES))
  const { at } = reader
  const count = reader.uint8()
  if (count > HELD_MAX) throw new DecodeError<MessageFault>('too-long', at)
  const held: Claim[] = []
  for (let i = 0; i < count; i++) held.push(readClaim(reader))
  end(reader)
  return { ledger, account, asset, referencePrefix, held }
}

export function encodeHello({ ledger, account, asset, referencePrefix, held }: Hello): Uint8Array {
  const prefix = decodeHex(referencePrefix)
  if (prefix?.length !== REFERENCE_PREFIX_BYTES) throw new UsageError(`${referencePrefix} is no prefix`)
  const writer = begin(MessageType.Hello).text(ledger).text(account).text(asset)
  writer.bytes(prefix).uint8(held.length)
  for (const claim of held) writeClaim(writer, claim)
  return writer.finish()
}
