/** What the wallet writes down, and reads at its start: JSON in which each string says what it is. Layer 1. */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { decodeHex, decodeUtf8, encodeHex, encodeUtf8 } from '@hourglass/oer'
import { assert } from '@hourglass/sansio'
import type { Outpoint } from './block.ts'
import type { MinedCoin } from './coin.ts'
import type { Header } from './header-chain.ts'
import type { Entry } from './payment.ts'

export const RECORDS = 'bitcoin/'

const COIN = `${RECORDS}coin/`
const BLOCK = `${RECORDS}block/`
const PAYMENT = `${RECORDS}payment/`
const WALLET = `${RECORDS}wallet`

/** Whose records these are, and since when. */
export interface Identity {
  readonly network: string
  readonly address: string
  /** No earlier block concerns us. */
  readonly birthday: number
}

export interface Restored {
  readonly identity: Identity | undefined
  readonly coins: readonly MinedCoin[]
  readonly headers: readonly Header[]
  /** In the order in which they were made. */
  readonly entries: readonly Entry[]
}

export function identityRecord(identity: Identity): JournalRecord {
  return record(WALLET, identity)
}

export function coinRecord(outpoint: Outpoint, coin: MinedCoin | undefined): JournalRecord {
  return record(COIN + outpoint, coin)
}

export function headerRecord(height: number, header: Header | undefined): JournalRecord {
  return record(BLOCK + String(height).padStart(HEIGHT_DIGITS, '0'), header)
}

/** In order: a transaction comes after those whose coins it spends. */
export function paymentRecord(sequence: number, entry: Entry | undefined): JournalRecord {
  return record(PAYMENT + String(sequence).padStart(SEQUENCE_DIGITS, '0'), entry)
}

const HEIGHT_DIGITS = 10
const SEQUENCE_DIGITS = 12

/** @throws AssertionError for records that are not ours */
export function restore(records: Iterable<StoredRecord>): Restored {
  let identity: Identity | undefined
  const coins: MinedCoin[] = []
  const headers: Header[] = []
  const entries: Entry[] = []
  for (const { key, value } of records) {
    const stored = fromJson(decodeUtf8(value))
    if (key === WALLET) identity = stored as Identity
    else if (key.startsWith(COIN)) coins.push(stored as MinedCoin)
    else if (key.startsWith(BLOCK)) headers.push(stored as Header)
    else if (key.startsWith(PAYMENT)) entries.push(stored as Entry)
    else assert(false, `the journal has an unknown record ${key}`)
  }
  return { identity, coins, headers, entries }
}

function record(key: string, value: object | undefined): JournalRecord {
  return { key, value: value === undefined ? undefined : encodeUtf8(toJson(value)) }
}

const SATS = 'n:'
const BYTES = 'x:'
const TEXT = 's:'

function toJson(value: object): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'bigint') return SATS + String(member)
    if (member instanceof Uint8Array) return BYTES + encodeHex(member)
    return typeof member === 'string' ? TEXT + member : member
  })
}

function fromJson(text: string): unknown {
  return JSON.parse(text, (_, member: unknown) => {
    if (typeof member !== 'string') return member
    const rest = member.slice(TEXT.length)
    if (member.startsWith(SATS)) return BigInt(rest)
    return member.startsWith(BYTES) ? decodeHex(rest) : rest
  })
}
