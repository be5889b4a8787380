/** Prefixes, first come, first served, each of them once; the next costs the same, however many there are. Layer 3. */
export class PrefixQueue {
  readonly #prefixes = new Set<string>()
  #next: Iterator<string, undefined> = this.#prefixes.values()

  get size(): number {
    return this.#prefixes.size
  }

  add(prefix: string): void {
    this.#prefixes.add(prefix)
  }

  delete(prefix: string): void {
    this.#prefixes.delete(prefix)
  }

  /** The one that waits longest; undefined where none does. */
  take(): string | undefined {
    if (this.#prefixes.size === 0) return undefined
    let prefix = this.#next.next().value
    if (prefix === undefined) {
      // What has come to its end does not see what is added later.
      this.#next = this.#prefixes.values()
      prefix = this.#next.next().value
    }
    if (prefix !== undefined) this.#prefixes.delete(prefix)
    return prefix
  }
}
