/**
 * How a channel is named: by its entry and by the transaction that made it. Layer 1.
 *
 *     index of the PayChannel entry 32 | hash of the PaymentChannelCreate 32        as 128 lower-case hex digits
 *
 * The entry alone says neither the reference nor, once it is deleted, anything at all. The transaction says all the
 * terms for good, its hash proves them, and the index follows from them: so nobody can lie about the terms of a channel
 * whose name is known, the two halves cannot be mixed, and a channel has one name.
 */
import { encodeHex } from '@hourglass/oer'
import { ADDRESS_BYTES, decodeAddress } from './address.ts'
import { sha512Half } from './digest.ts'

export interface ChannelId {
  /** Index of the channel's entry: what the ledger calls the channel. 64 upper-case hex digits, as servers write it. */
  readonly index: string
  /** Hash of the transaction that made it, in the same notation. */
  readonly creation: string
}

export function encodeChannelId({ index, creation }: ChannelId): string {
  return (index + creation).toLowerCase()
}

/** Undefined for what is no name. Whether a channel has that name only the ledger knows. */
export function decodeChannelId(channelId: string): ChannelId | undefined {
  if (!/^[0-9a-f]{128}$/.test(channelId)) return undefined
  const digits = channelId.toUpperCase()
  return { index: digits.slice(0, HASH_DIGITS), creation: digits.slice(HASH_DIGITS) }
}

/**
 * Index of the entry that a transaction of `source` with that sequence number, or ticket, makes.
 * Spec: XRP Ledger, PayChannel ID format. Both accounts must be valid addresses.
 */
export function channelIndex(source: string, destination: string, sequence: number): string {
  const bytes = new Uint8Array(2 + ADDRESS_BYTES * 2 + 4)
  bytes.set(SPACE)
  bytes.set(decodeAddress(source)!, 2)
  bytes.set(decodeAddress(destination)!, 2 + ADDRESS_BYTES)
  new DataView(bytes.buffer).setUint32(2 + ADDRESS_BYTES * 2, sequence)
  return encodeHex(sha512Half(bytes)).toUpperCase()
}

const HASH_DIGITS = 64
/** Says that what is hashed is a payment channel's key. */
const SPACE = Uint8Array.of(0x00, 0x78)
