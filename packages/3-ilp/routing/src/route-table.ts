/**
 * What an address leads to: longest prefix, on segment boundaries. Layer 3.
 * Spec: IL-RFC 15 "Routing". One map; a lookup asks it once per segment, longest first, so its cost does not
 * grow with the table.
 */
export class RouteTable<Entry> {
  readonly #entries = new Map<string, Entry>()
  /** Length of the longest prefix that was ever there: longer parts of an address are not looked up. */
  #lengthMax = 0

  get size(): number {
    return this.#entries.size
  }

  /** In the order in which prefixes came. */
  [Symbol.iterator](): IterableIterator<[string, Entry]> {
    return this.#entries[Symbol.iterator]()
  }

  /** The entry of this very prefix. */
  get(prefix: string): Entry | undefined {
    return this.#entries.get(prefix)
  }

  /** `prefix` is an address prefix, or empty for what nothing longer matches. */
  set(prefix: string, entry: Entry): void {
    this.#entries.set(prefix, entry)
    this.#lengthMax = Math.max(this.#lengthMax, prefix.length)
  }

  delete(prefix: string): void {
    this.#entries.delete(prefix)
  }

  /** ADDR-10, ADDR-11: `g.ab` covers `g.ab` and `g.ab.c`, not `g.abc`. */
  resolve(address: string): Entry | undefined {
    let end = address.length
    if (end > this.#lengthMax) end = address.lastIndexOf('.', this.#lengthMax)
    while (end > 0) {
      const entry = this.#entries.get(end === address.length ? address : address.slice(0, end))
      if (entry !== undefined) return entry
      end = address.lastIndexOf('.', end - 1)
    }
    return this.#entries.get('')
  }

  /** The entry of the longest prefix that covers `prefix` and is shorter, but longer than `lengthMin`. */
  covering(prefix: string, lengthMin = 0): Entry | undefined {
    for (let end = prefix.lastIndexOf('.'); end > lengthMin; end = prefix.lastIndexOf('.', end - 1)) {
      const entry = this.#entries.get(prefix.slice(0, end))
      if (entry !== undefined) return entry
    }
    return undefined
  }
}
