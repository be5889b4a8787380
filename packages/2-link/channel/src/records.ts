/**
 * What a channel settlement keeps in the journal. Layer 2.
 *
 *   channel/ACCOUNT/outgoing            the channel that we pay with, and the newest claim on it
 *   channel/ACCOUNT/incoming/CHANNEL    the newest claim that we hold on a channel of the peer
 *   channel/ACCOUNT/received            what came in over closed channels whose own records are gone
 *   channel/ACCOUNT/ended               there where the peering has ended
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import type { ChannelTerms } from '@hourglass/ledger'
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError, type Instant, assert } from '@hourglass/sansio'
import { type Claim, readClaim, writeClaim } from './wire/claim.ts'
import { readAmount, writeAmount } from './wire/messages.ts'

export interface OutgoingRecord {
  /** Ordered totals that are not on the current channel: negative where it had claims before our memory begins. */
  readonly base: bigint
  /** The channel that we decided on; undefined: none. */
  readonly terms: ChannelTerms | undefined
  /** Undefined: not known to be open. */
  readonly channelId: string | undefined
  readonly claim: Claim | undefined
}

export const NO_CHANNEL: Omit<OutgoingRecord, 'base'> = {
  terms: undefined,
  channelId: undefined,
  claim: undefined,
}

export interface IncomingRecord {
  readonly claim: Claim
  /** What the ledger had paid when we first saw the channel: not ours to count. */
  readonly start: bigint
  readonly isClosed: boolean
  /** When the oldest claim came that the ledger had not paid. */
  readonly since: Instant
}

/** Everything of one account. */
export interface ChannelRecords {
  readonly outgoing: OutgoingRecord
  readonly received: bigint
  readonly incoming: readonly IncomingRecord[]
  readonly isEnded: boolean
}

/** The first version of an incoming record ends without `since`. */
const VERSION = 2

function prefix(account: string): string {
  return `channel/${account}/`
}

/** Picks the account's records out of a journal's. @throws DecodeError where this program did not write them */
export function decodeRecords(account: string, records: Iterable<StoredRecord>): ChannelRecords {
  let outgoing: OutgoingRecord = { base: 0n, ...NO_CHANNEL }
  let received = 0n
  const incoming: IncomingRecord[] = []
  let isEnded = false
  const own = prefix(account)
  for (const { key, value } of records) {
    if (!key.startsWith(own)) continue
    const reader = new Reader(value)
    const version = reader.uint8()
    if (version < 1 || version > VERSION) throw new DecodeError('bad-version', 0)
    const name = key.slice(own.length)
    if (name === 'outgoing') outgoing = readOutgoing(reader)
    else if (name === 'received') received = readAmount(reader)
    else if (name === 'ended') isEnded = true
    else incoming.push(readIncoming(reader, version))
    assert(reader.remaining === 0, 'a record ends with its last field')
  }
  return { outgoing, received, incoming, isEnded }
}

export function encodeOutgoing(account: string, record: OutgoingRecord): JournalRecord {
  const { base, terms, channelId, claim } = record
  const writer = new Writer(1024).uint8(VERSION).uint8(base < 0n ? 1 : 0)
  writeAmount(writer, base < 0n ? -base : base)
  writer.uint8(terms === undefined ? 0 : 1)
  if (terms !== undefined) writeTerms(writer, terms)
  writer.text(channelId ?? '').uint8(claim === undefined ? 0 : 1)
  if (claim !== undefined) writeClaim(writer, claim)
  return { key: `${prefix(account)}outgoing`, value: writer.finish() }
}

function readOutgoing(reader: Reader): OutgoingRecord {
  const isNegative = reader.uint8() === 1
  const magnitude = readAmount(reader)
  const terms = reader.uint8() === 0 ? undefined : readTerms(reader)
  const channelId = reader.text()
  const claim = reader.uint8() === 0 ? undefined : readClaim(reader)
  return {
    base: isNegative ? -magnitude : magnitude,
    terms,
    channelId: channelId === '' ? undefined : channelId,
    claim,
  }
}

function writeTerms(writer: Writer, terms: ChannelTerms): void {
  const { source, destination, claimKey, asset, settleDelayMs, reference } = terms
  for (const text of [source, destination, claimKey, asset, reference]) writer.text(text)
  writer.varUint(BigInt(settleDelayMs))
}

function readTerms(reader: Reader): ChannelTerms {
  const source = reader.text()
  const destination = reader.text()
  const claimKey = reader.text()
  const asset = reader.text()
  const reference = reader.text()
  return { source, destination, claimKey, asset, reference, settleDelayMs: Number(reader.varUint()) }
}

export function encodeReceived(account: string, received: bigint): JournalRecord {
  const value = writeAmount(new Writer().uint8(VERSION), received).finish()
  return { key: `${prefix(account)}received`, value }
}

export function encodeEnded(account: string): JournalRecord {
  return { key: `${prefix(account)}ended`, value: Uint8Array.of(VERSION) }
}

export function encodeIncoming(account: string, record: IncomingRecord): JournalRecord {
  const { claim, start, isClosed, since } = record
  const writer = writeAmount(writeClaim(new Writer(512).uint8(VERSION), claim), start)
  const value = writer
    .uint8(isClosed ? 1 : 0)
    .varUint(BigInt(since))
    .finish()
  return { key: incomingKey(account, claim.channelId), value }
}

function readIncoming(reader: Reader, version: number): IncomingRecord {
  const claim = readClaim(reader)
  const start = readAmount(reader)
  const isClosed = reader.uint8() === 1
  return { claim, start, isClosed, since: version === 1 ? 0 : Number(reader.varUint()) }
}

export function incomingKey(account: string, channelId: string): string {
  return `${prefix(account)}incoming/${channelId}`
}
