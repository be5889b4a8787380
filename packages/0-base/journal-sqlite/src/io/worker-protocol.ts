/** What a journal and the thread that writes it say to one another. Base, io. */
import type { Durability, JournalRecord, StoredRecord } from '@hourglass/journal'
import type { JournalErrorCode } from '@hourglass/journal/io'

export interface WorkerOptions {
  readonly file: string
  readonly durability: Durability
}

/** Each is answered, in order. The thread's first answer, unasked, tells whether it has the database. */
export type WorkerRequest =
  | { readonly kind: 'write'; readonly records: PackedRecords }
  | { readonly kind: 'load'; readonly prefix: string }
  | { readonly kind: 'close' }

export type WorkerAnswer =
  /** With what was loaded. */
  | { readonly kind: 'done'; readonly records: StoredRecord[] }
  /** `code`: of a JournalError. An error itself would lose it on its way. */
  | { readonly kind: 'failed'; readonly code: JournalErrorCode | undefined; readonly message: string }

/** Records as they cross to another thread: values are views of larger buffers, which would all be copied whole. */
export interface PackedRecords {
  readonly keys: readonly string[]
  /** In octets; -1: removed. */
  readonly lengths: Int32Array
  readonly values: Uint8Array<ArrayBuffer>
}

export function packRecords(records: readonly JournalRecord[]): PackedRecords {
  const lengths = Int32Array.from(records, ({ value }) => value?.length ?? -1)
  const values = new Uint8Array(lengths.reduce((sum, length) => sum + Math.max(length, 0), 0))
  let at = 0
  for (const { value } of records) {
    if (value === undefined) continue
    values.set(value, at)
    at += value.length
  }
  return { keys: records.map(({ key }) => key), lengths, values }
}

export function unpackRecords({ keys, lengths, values }: PackedRecords): JournalRecord[] {
  let at = 0
  return keys.map((key, i) => {
    const length = lengths[i]!
    return { key, value: length < 0 ? undefined : values.subarray(at, (at += length)) }
  })
}
