/**
 * Durable records, as every machine that guards money sees them. Base.
 *
 * A machine emits `{ kind: 'commit', id, records }`, keeps back whatever would reveal them, and goes on when
 * `{ kind: 'committed', id }` comes in. All records of one commit become durable together or not at all;
 * commits become durable in the order in which they were asked for.
 */

/** One record: the newest value under its key. */
export interface JournalRecord {
  /**
   * Printable ASCII: owner first, `/` between parts, as in `account/bob`, `channel/bob/outgoing`. Owners never share
   * a first part.
   */
  readonly key: string
  /** Undefined removes the record. */
  readonly value: Uint8Array | undefined
}

/** A record that is there. */
export interface StoredRecord extends JournalRecord {
  readonly value: Uint8Array
}

/** What a machine puts out to make records durable. */
export interface CommitOutput {
  readonly kind: 'commit'
  readonly id: number
  /** May be taken when they are first looked at, with all that has changed by then: to be looked at when written. */
  readonly records: readonly JournalRecord[]
}

/** What comes in when they are. Until then, and for as long as the store fails, nothing comes in. */
export interface CommittedInput {
  readonly kind: 'committed'
  readonly id: number
}

/** `process`: survives the end of the process (kill -9). `power`: survives the loss of power as well. */
export type Durability = 'process' | 'power'

/** Records, or who has them when they are written. */
export type Records = readonly JournalRecord[] | (() => readonly JournalRecord[])

/** A store of records. The shell owns it; machines see commits alone. */
export interface Journal {
  /**
   * Makes `records` durable, then calls `done`, never before `commit` has returned; their arrays stay as they are
   * until then. A function is asked for them when they are written, once. Commits of one event-loop turn are written
   * together. A store that fails is tried again until it works: `done` comes late then, or after `close` never. A
   * commit that was not reported may still be durable after a crash, with all that were asked for before it.
   */
  commit(records: Records, done: () => void): void
  /** All records whose key begins with `prefix`, in the order of their keys. Sees what `done` has reported. */
  load(prefix: string): StoredRecord[] | Promise<StoredRecord[]>
  /** Writes what waits, once, then lets go of the store. Later commits are not written and never done. */
  close(): void | Promise<void>
}

/** Whether a store takes what is committed, and what it said when it did not. */
export type JournalHealth =
  | { readonly isWorking: true }
  | { readonly isWorking: false; readonly error: Error }
