/**
 * What a plugin keeps, in the journal of its node. Layer 2, io. Spec: IL-RFC 24 §PluginServices.store.
 *
 *   plugin-store/ACCOUNT/KEY   the plugin's value, in UTF-8; KEY is the plugin's key, in UTF-8 and hex
 */
import type { Journal, StoredRecord } from '@hourglass/journal'
import { decodeUtf8, encodeHex, encodeUtf8 } from '@hourglass/oer'
import type { PluginStore } from './lpi2.ts'

export class JournalStore implements PluginStore {
  readonly #journal: Journal
  readonly #prefix: string
  /** By their keys in the journal. */
  readonly #values = new Map<string, string>()

  /** `records`: the journal's, of which it picks its own. */
  constructor(journal: Journal, account: string, records: Iterable<StoredRecord>) {
    this.#journal = journal
    this.#prefix = `plugin-store/${account}/`
    for (const { key, value } of records) {
      if (key.startsWith(this.#prefix)) this.#values.set(key, decodeUtf8(value))
    }
  }

  get = (key: string): Promise<string | undefined> => Promise.resolve(this.#values.get(this.#keyOf(key)))

  put = (key: string, value: string): Promise<void> => {
    this.#values.set(this.#keyOf(key), value)
    return this.#commit(key, encodeUtf8(value))
  }

  del = (key: string): Promise<void> => {
    this.#values.delete(this.#keyOf(key))
    return this.#commit(key, undefined)
  }

  /** Resolves when it is durable. */
  #commit(key: string, value: Uint8Array | undefined): Promise<void> {
    return new Promise((resolve) => this.#journal.commit([{ key: this.#keyOf(key), value }], resolve))
  }

  #keyOf(key: string): string {
    return this.#prefix + encodeHex(encodeUtf8(key))
  }
}
