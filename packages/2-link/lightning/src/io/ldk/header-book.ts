/**
 * Headers of the newest blocks, also of those that the chain has left: the way back from them. Layer 2, io.
 *
 *   ldk/header/HASH     height u32 and 80 bytes
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import { HEADER_BYTES } from '../chain/header.ts'

const PREFIX = 'ldk/header/'
const HEIGHT_BYTES = 4
/** Two days: no reorganisation is as deep. */
export const HEADERS_KEPT = 288

export class HeaderBook {
  readonly #headers = new Map<string, { readonly bytes: Uint8Array; readonly height: number }>()
  #records: JournalRecord[] = []

  restore(records: Iterable<StoredRecord>): void {
    const stored = [...records]
      .filter(({ key }) => key.startsWith(PREFIX))
      .map(({ key, value }) => ({
        hash: key.slice(PREFIX.length),
        value,
        height: new Reader(value).uint32(),
      }))
      .sort((a, b) => a.height - b.height)
    for (const { hash, value, height } of stored) {
      this.#headers.set(hash, { bytes: value.slice(HEIGHT_BYTES), height })
    }
  }

  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  header(hash: string): Uint8Array | undefined {
    return this.#headers.get(hash)?.bytes
  }

  /** Those that lie too deep below it are let go of. */
  keep(hash: string, bytes: Uint8Array, height: number): void {
    if (this.#headers.has(hash)) return
    this.#headers.set(hash, { bytes, height })
    const value = new Writer(HEIGHT_BYTES + HEADER_BYTES).uint32(height).bytes(bytes).finish()
    this.#records.push({ key: PREFIX + hash, value })
    for (const [old, { height: oldHeight }] of this.#headers) {
      // The oldest come first, but for what other branches left.
      if (oldHeight + HEADERS_KEPT > height) return
      this.#headers.delete(old)
      this.#records.push({ key: PREFIX + old, value: undefined })
    }
  }
}
