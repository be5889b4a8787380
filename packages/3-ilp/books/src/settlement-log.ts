/**
 * Every settlement, in and out, with its reference: the newest of each account are kept. Layer 3, books.
 *
 *   settlement/bolt/out/000000000000003   amount, total, reference, at
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError, type Instant } from '@hourglass/sansio'

export interface SettlementEntry {
  readonly direction: 'in' | 'out'
  /** Base units of the account's asset. */
  readonly amount: bigint
  /** All settlements in that direction, this one included. */
  readonly total: bigint
  /** What the settlement calls it: a claim, a transaction. */
  readonly reference: string
  readonly at: Instant
}

/** Of each account and direction. */
export const SETTLEMENTS_KEPT = 1000
export const SETTLEMENT_KEY_PREFIX = 'settlement/'
const VERSION = 1
const KEY_DIGITS = 15

/** One account's settlements. */
export class SettlementLog {
  readonly #prefix: string
  readonly #entries: SettlementEntry[] = []
  readonly #counts = { in: 0, out: 0 }

  constructor(account: string) {
    this.#prefix = `${SETTLEMENT_KEY_PREFIX}${account}/`
  }

  /** Oldest first. */
  get entries(): readonly SettlementEntry[] {
    return this.#entries
  }

  /** Notes a settlement; returns the records that keep it, and let the oldest go. */
  add(entry: SettlementEntry): JournalRecord[] {
    const { direction } = entry
    const number = ++this.#counts[direction]
    const records: JournalRecord[] = [{ key: this.#key(direction, number), value: encodeEntry(entry) }]
    this.#entries.push(entry)
    if (number > SETTLEMENTS_KEPT) {
      records.push({ key: this.#key(direction, number - SETTLEMENTS_KEPT), value: undefined })
      this.#entries.splice(
        this.#entries.findIndex((old) => old.direction === direction),
        1,
      )
    }
    return records
  }

  /** Takes a record that the journal holds, in the order of the keys. @throws DecodeError */
  restore({ key, value }: StoredRecord): void {
    const [direction, number] = key.slice(this.#prefix.length).split('/')
    if (direction !== 'in' && direction !== 'out') throw new DecodeError('bad-key', 0)
    this.#counts[direction] = Number(number)
    this.#entries.push(decodeEntry(direction, value))
    this.#entries.sort((a, b) => a.at - b.at)
  }

  #key(direction: SettlementEntry['direction'], number: number): string {
    return `${this.#prefix}${direction}/${String(number).padStart(KEY_DIGITS, '0')}`
  }
}

/** Whose settlement a record is. Names of accounts have no `/`. */
export function accountOfSettlement(key: string): string {
  return key.slice(SETTLEMENT_KEY_PREFIX.length).split('/')[0]!
}

function encodeEntry({ amount, total, reference, at }: SettlementEntry): Uint8Array {
  const writer = new Writer().uint8(VERSION).bigUint(amount).bigUint(total)
  return writer.text(reference).timestamp(at).finish()
}

function decodeEntry(direction: SettlementEntry['direction'], value: Uint8Array): SettlementEntry {
  const reader = new Reader(value)
  if (reader.uint8() !== VERSION) throw new DecodeError('bad-version', 0)
  const amount = reader.bigUint()
  const total = reader.bigUint()
  return { direction, amount, total, reference: reader.text(), at: reader.timestamp() }
}
