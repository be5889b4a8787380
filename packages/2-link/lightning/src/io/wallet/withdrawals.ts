/**
 * What was taken out of the wallet, so that it is taken out once however often it is asked for. Layer 2, io.
 *
 *   ldk/withdrawal/ID     its transaction's id
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { decodeUtf8, encodeUtf8 } from '@hourglass/oer'

const PREFIX = 'ldk/withdrawal/'

export class Withdrawals {
  readonly #txids = new Map<string, string>()
  #records: JournalRecord[] = []

  restore(records: Iterable<StoredRecord>): void {
    for (const { key, value } of records) {
      if (key.startsWith(PREFIX)) this.#txids.set(key.slice(PREFIX.length), decodeUtf8(value))
    }
  }

  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  txid(id: string): string | undefined {
    return this.#txids.get(id)
  }

  note(id: string, txid: string): void {
    this.#txids.set(id, txid)
    this.#records.push({ key: PREFIX + id, value: encodeUtf8(txid) })
  }
}
