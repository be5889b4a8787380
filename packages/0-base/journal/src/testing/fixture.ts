/** What the suites need of an adapter, and what they share. Base, testing. */
import type { Journal, JournalHealth, StoredRecord } from '../journal.ts'

export interface JournalFixture {
  /** A journal on the store of this fixture: empty the first time, as it was left afterwards. */
  open(report?: (health: JournalHealth) => void): Journal | Promise<Journal>
  /** Lets what was committed become durable. */
  settle(journal: Journal): Promise<unknown>
  /** Removes the store. */
  dispose(): void | Promise<void>
}

export function record(key: string, ...octets: number[]): StoredRecord {
  return { key, value: Uint8Array.from(octets) }
}

export async function loadKeys(journal: Journal, prefix: string): Promise<string[]> {
  return (await journal.load(prefix)).map(({ key }) => key)
}
