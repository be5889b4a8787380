/**
 * Hello: where this peer can be paid, and the newest claim of the other that it holds. Layer 2, wire.
 * Request and reply have the same form; each side says hello whenever the link comes up.
 *
 *   version u8 | type u8 | ledger | account | asset | held u8 (0 or 1) | claim, where held is 1
 */
import type { Writer } from '@hourglass/oer'
import { type Claim, readClaim, writeClaim } from './claim.ts'
import { MessageType, begin, open } from './envelope.ts'

export interface Hello {
  /** Name of the ledger, as its adapter gives it: both must say the same. */
  readonly ledger: string
  /** Our ledger account, where the peer pays us. */
  readonly account: string
  /** Asset that channels hold, in the ledger's notation. */
  readonly asset: string
  /** The newest claim that we hold from the peer: lets a peer that lost its store go on from there. */
  readonly held: Claim | undefined
}

/** @throws DecodeError `short` | `bad-length` | `bad-utf8` | `bad-version` | `bad-type` | `bad-flag` */
export function decodeHello(message: Uint8Array): Hello {
  const reader = open(message, MessageType.Hello)
  const ledger = reader.text()
  const account = reader.text()
  const asset = reader.text()
  const held = reader.uint8() === 0 ? undefined : readClaim(reader)
  return { ledger, account, asset, held }
}

export function encodeHello({ ledger, account, asset, held }: Hello): Uint8Array {
  const writer: Writer = begin(MessageType.Hello).text(ledger).text(account).text(asset)
  writer.uint8(held === undefined ? 0 : 1)
  if (held !== undefined) writeClaim(writer, held)
  return writer.finish()
}
