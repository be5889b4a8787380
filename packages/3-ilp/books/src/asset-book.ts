/**
 * The node's own side of every entry, one book for each asset. Layer 3, books.
 *
 *   packet, asset in    peer owes more        = exchange in + spread + rounding
 *   packet, asset out   exchange out          = we owe the peer more
 *   settlement          what we sent          = the peer owes more (or we owe less)
 *   write-off           loss                  = the peer owes less
 */
import type { JournalRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError, assert } from '@hourglass/sansio'
import { type Asset, assetName } from './asset.ts'

const TOTALS = [
  'exchangeIn',
  'exchangeOut',
  'spread',
  'rounding',
  'settled',
  'received',
  'writtenOff',
] as const

export class AssetBook {
  readonly asset: Asset
  /** What was taken in this asset for what was delivered in another one, or this one. */
  exchangeIn = 0n
  exchangeOut = 0n
  /** Gains: what the node keeps by its spread, and by rounding to whole base units. */
  spread = 0n
  rounding = 0n
  /** Left for the settlement of peers, and came in by it. */
  settled = 0n
  received = 0n
  /** Lost. */
  writtenOff = 0n

  constructor(asset: Asset) {
    this.asset = asset
  }

  /** What the accounts of this asset must add up to. */
  get counterBalance(): bigint {
    const cleared = this.exchangeIn - this.exchangeOut + this.spread + this.rounding
    return cleared + this.settled - this.received - this.writtenOff
  }

  toRecord(): JournalRecord {
    const writer = new Writer().uint8(RECORD_VERSION).text(this.asset.code).uint8(this.asset.scale)
    for (const total of TOTALS) writer.bigUint(this[total])
    return { key: `${ASSET_KEY_PREFIX}${assetName(this.asset)}`, value: writer.finish() }
  }

  /** @throws DecodeError */
  static fromRecord(value: Uint8Array): AssetBook {
    const reader = new Reader(value)
    if (reader.uint8() !== RECORD_VERSION) throw new DecodeError('bad-version', 0)
    const code = reader.text()
    const book = new AssetBook({ code, scale: reader.uint8() })
    for (const total of TOTALS) book[total] = reader.bigUint()
    assert(reader.remaining === 0, 'an asset record ends with its totals')
    return book
  }
}

const RECORD_VERSION = 1
export const ASSET_KEY_PREFIX = 'asset/'
