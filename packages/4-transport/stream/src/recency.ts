/**
 * Who was used least recently, at constant cost however many there are. Layer 4.
 * A list from the oldest to the newest. A `Map` in order of use would do the same, but its front fills with what was
 * moved away, and each look at the oldest passes over all of it.
 */

/** Something that is used; both fields are kept by `Recency`. */
export interface Used<T> {
  older: T | undefined
  newer: T | undefined
}

export class Recency<T extends Used<T>> {
  #oldest: T | undefined
  #newest: T | undefined

  /** The one that was used least recently. */
  get oldest(): T | undefined {
    return this.#oldest
  }

  /** `item` is the one used last from now on, whether it was there or not. */
  use(item: T): void {
    if (item === this.#newest) return
    this.remove(item)
    item.older = this.#newest
    if (this.#newest === undefined) this.#oldest = item
    else this.#newest.newer = item
    this.#newest = item
  }

  /** Forgets `item`, which need not be there. */
  remove(item: T): void {
    const { older, newer } = item
    if (older !== undefined) older.newer = newer
    else if (this.#oldest === item) this.#oldest = newer
    if (newer !== undefined) newer.older = older
    else if (this.#newest === item) this.#newest = older
    item.older = undefined
    item.newer = undefined
  }
}
