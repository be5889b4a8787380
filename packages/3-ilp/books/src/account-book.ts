/**
 * One account's book: running totals, and what is held. Layer 3, books.
 * Spec: IL-RFC 32 "Clearing", "Settlement". Amounts are base units of the account's asset.
 */
import type { JournalRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError, type Instant, UsageError, assert } from '@hourglass/sansio'
import { type Asset, assetName } from './asset.ts'

/** How an account stands, in words of bookkeeping. All values are 0 or above; `balance` may be below. */
export interface AccountView {
  /** Positive: the peer owes us. */
  readonly balance: bigint
  readonly receivable: bigint
  readonly payable: bigint
  /** What of the payable the peer put in before it owed anything. */
  readonly prefunded: bigint
  /** Packets without an outcome, by direction. */
  readonly heldIncoming: bigint
  readonly heldOutgoing: bigint
  readonly settled: bigint
  /** Ordered to be settled, and not reported as sent. */
  readonly settling: bigint
  readonly received: bigint
  readonly writtenOff: bigint
}

const TOTALS = ['incoming', 'outgoing', 'settled', 'sent', 'received', 'writtenOff'] as const

export class AccountBook {
  readonly id: string
  readonly asset: Asset

  /** Prepares of the peer that were fulfilled, in all. */
  incoming = 0n
  /** Prepares of ours that the peer fulfilled, in all. */
  outgoing = 0n
  /** What we ordered to be settled, in all: it counts from the order on, so that nothing is ordered twice. */
  settled = 0n
  /** What of it the settlement reported as sent. */
  sent = 0n
  /** What the peer settled, in all. */
  received = 0n
  /** What of `incoming` the peer does not owe after all: our Fulfill reached it too late. */
  writtenOff = 0n

  /** Sum of the peer's Prepares without an outcome. */
  heldIncoming = 0n
  /** Sum of our Prepares without an outcome. */
  heldOutgoing = 0n
  /** Since when the peer can be reached and told what became of packets; undefined: it cannot be reached. */
  upSince: Instant | undefined
  /** What became of its packets that expired until then may be forgotten. */
  forgottenUntil: Instant = 0
  /** Whether the journal knows of this account. */
  isRecorded = false

  constructor(id: string, asset: Asset) {
    this.id = id
    this.asset = asset
  }

  get up(): boolean {
    return this.upSince !== undefined
  }

  get balance(): bigint {
    return this.incoming - this.outgoing + this.settled - this.received - this.writtenOff
  }

  view(): AccountView {
    const { balance, settled, sent, received, writtenOff, heldIncoming, heldOutgoing } = this
    const payable = balance < 0n ? -balance : 0n
    const putIn = received > settled ? received - settled : 0n
    return {
      balance,
      receivable: balance > 0n ? balance : 0n,
      payable,
      prefunded: putIn < payable ? putIn : payable,
      heldIncoming,
      heldOutgoing,
      settled,
      settling: settled - sent,
      received,
      writtenOff,
    }
  }

  /** The totals as a durable record. */
  toRecord(): JournalRecord {
    this.isRecorded = true
    const writer = new Writer().uint8(RECORD_VERSION).text(this.asset.code).uint8(this.asset.scale)
    for (const total of TOTALS) writer.bigUint(this[total])
    writer.varUint(BigInt(this.forgottenUntil))
    return { key: accountKey(this.id), value: writer.finish() }
  }

  /** Takes the totals from a record of `toRecord`. @throws DecodeError | UsageError where the asset is another */
  restore(value: Uint8Array): void {
    const reader = new Reader(value)
    const asset = readAsset(reader)
    if (assetName(asset) !== assetName(this.asset)) {
      throw new UsageError(
        `account ${this.id} is kept in ${assetName(asset)} and cannot go on in ${assetName(this.asset)}: ` +
          'give the account in the new asset another name',
      )
    }
    for (const total of TOTALS) this[total] = reader.bigUint()
    this.forgottenUntil = Number(reader.varUint())
    this.isRecorded = true
    assert(reader.remaining === 0, 'an account record ends with its totals')
  }
}

const RECORD_VERSION = 2
const KEY_PREFIX = 'account/'

function accountKey(id: string): string {
  return `${KEY_PREFIX}${id}`
}

/** Whose record it is; undefined: no account's. */
export function accountOfKey(key: string): string | undefined {
  return key.startsWith(KEY_PREFIX) ? key.slice(KEY_PREFIX.length) : undefined
}

/** Reads version and asset, with which an account's record begins. @throws DecodeError */
export function readAsset(reader: Reader): Asset {
  if (reader.uint8() !== RECORD_VERSION) throw new DecodeError('bad-version', 0)
  const code = reader.text()
  return { code, scale: reader.uint8() }
}
