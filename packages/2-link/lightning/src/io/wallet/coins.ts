/**
 * The outputs on the chain that are ours, as its blocks say. Layer 2, io.
 * What is spent stays known for as long as a reorganisation may give it back.
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import { equalBytes } from '@hourglass/sansio'
import type { Transfer } from '../chain/block.ts'

export interface Outpoint {
  readonly txid: string
  readonly index: number
}

export interface Coin extends Outpoint {
  readonly amountSat: bigint
  /** Of the block that made it. */
  readonly height: number
  /** It was mined, and may be spent 100 blocks later. */
  readonly isCoinbase: boolean
  /** Of the block that spent it; undefined: none did. */
  readonly spentAt: number | undefined
}

const PREFIX = 'ldk/coin/'
/** No reorganisation is deeper. */
const KEPT_BLOCKS = 144
const COINBASE_BLOCKS = 100

export class Coins {
  readonly #script: Uint8Array
  readonly #coins = new Map<string, Coin>()
  #changed = new Set<string>()

  constructor(script: Uint8Array) {
    this.#script = script
  }

  restore(records: Iterable<StoredRecord>): void {
    for (const { key, value } of records) {
      if (key.startsWith(PREFIX)) this.#coins.set(key.slice(PREFIX.length), decodeCoin(key, value))
    }
  }

  /** The records that have changed since it was asked last. */
  takeChanges(): JournalRecord[] {
    const records = [...this.#changed].map((name) => {
      const coin = this.#coins.get(name)
      return { key: PREFIX + name, value: coin && encodeCoin(coin) }
    })
    this.#changed = new Set()
    return records
  }

  connect(transfers: readonly Transfer[], height: number): void {
    transfers.forEach(({ txid, inputs, outputs }, position) => {
      for (const input of inputs) {
        const name = nameOf(input)
        const coin = this.#coins.get(name)
        if (coin !== undefined) this.#set(name, { ...coin, spentAt: height })
      }
      outputs.forEach(({ amountSat, script }, index) => {
        if (!equalBytes(script, this.#script)) return
        const coin = { txid, index, amountSat, height, isCoinbase: position === 0, spentAt: undefined }
        this.#set(nameOf(coin), coin)
      })
    })
    for (const [name, { spentAt }] of this.#coins) {
      if (spentAt !== undefined && spentAt + KEPT_BLOCKS < height) this.#set(name, undefined)
    }
  }

  /** The block at this height is no longer in the chain. */
  disconnect(height: number): void {
    for (const [name, coin] of this.#coins) {
      if (coin.height >= height) this.#set(name, undefined)
      else if (coin.spentAt !== undefined && coin.spentAt >= height) {
        this.#set(name, { ...coin, spentAt: undefined })
      }
    }
  }

  /** What may be spent in a block after `height`, largest first. */
  spendable(height: number): Coin[] {
    const isRipe = (coin: Coin): boolean => !coin.isCoinbase || height + 1 - coin.height >= COINBASE_BLOCKS
    return [...this.#coins.values()]
      .filter((coin) => coin.spentAt === undefined && isRipe(coin))
      .sort((a, b) => Number(b.amountSat - a.amountSat))
  }

  /** Whether it is, or was, one of ours. */
  owns(coin: Outpoint): boolean {
    return this.#coins.has(nameOf(coin))
  }

  #set(name: string, coin: Coin | undefined): void {
    if (coin === undefined) this.#coins.delete(name)
    else this.#coins.set(name, coin)
    this.#changed.add(name)
  }
}

export function nameOf({ txid, index }: Outpoint): string {
  return `${txid}:${index}`
}

function encodeCoin({ amountSat, height, isCoinbase, spentAt }: Coin): Uint8Array {
  const writer = new Writer().uint64(amountSat).uint32(height)
  return writer
    .uint8(isCoinbase ? 1 : 0)
    .uint32(spentAt ?? 0)
    .finish()
}

function decodeCoin(key: string, value: Uint8Array): Coin {
  const [txid = '', index] = key.slice(PREFIX.length).split(':')
  const reader = new Reader(value)
  const amountSat = reader.uint64()
  const height = reader.uint32()
  const isCoinbase = reader.uint8() === 1
  const spentAt = reader.uint32()
  return {
    txid,
    index: Number(index),
    amountSat,
    height,
    isCoinbase,
    spentAt: spentAt === 0 ? undefined : spentAt,
  }
}
