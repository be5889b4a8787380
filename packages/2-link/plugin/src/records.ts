/**
 * What a settlement by plugin keeps in the journal. Layer 2.
 *
 *   plugin/ACCOUNT/paid       what the plugin has said to have paid, in all
 *   plugin/ACCOUNT/payment    the amount that the plugin is told to pay, until it is known what became of it
 *   plugin/ACCOUNT/received   what the plugin has said to have come in, in all
 *   plugin/ACCOUNT/ended      that the peering has ended
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError, assert } from '@hourglass/sansio'

type Name = 'paid' | 'payment' | 'received' | 'ended'

/** Amounts by their names; what has no record is not there. */
export type PluginRecords = Partial<Record<Name, bigint>>

const VERSION = 1

/** Picks the account's records out of a journal's. @throws DecodeError where this program did not write them */
export function decodeRecords(account: string, records: Iterable<StoredRecord>): PluginRecords {
  const found: PluginRecords = {}
  const own = keyOf(account, '')
  for (const { key, value } of records) {
    if (!key.startsWith(own)) continue
    const reader = new Reader(value)
    if (reader.uint8() !== VERSION) throw new DecodeError('bad-version', 0)
    found[key.slice(own.length) as Name] = reader.bigUint()
    assert(reader.remaining === 0, 'a record ends with its last field')
  }
  return found
}

/** Undefined removes the record. */
export function encodeRecord(account: string, name: Name, amount: bigint | undefined): JournalRecord {
  const key = keyOf(account, name)
  if (amount === undefined) return { key, value: undefined }
  return { key, value: new Writer().uint8(VERSION).bigUint(amount).finish() }
}

function keyOf(account: string, name: Name | ''): string {
  return `plugin/${account}/${name}`
}
