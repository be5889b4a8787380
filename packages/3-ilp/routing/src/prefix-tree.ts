/** Prefixes by what covers them, so that those below one are found without a look at all. Layer 3. */
export class PrefixTree {
  /** By prefix, those that have one segment more; also of prefixes that were not added but cover some. */
  readonly #children = new Map<string, Set<string>>()
  readonly #has: (prefix: string) => boolean

  /** `has` says whether a prefix is there for itself. */
  constructor(has: (prefix: string) => boolean) {
    this.#has = has
  }

  add(prefix: string): void {
    for (let child = prefix; ;) {
      const parent = parentOf(child)
      if (parent === undefined) return
      const siblings = this.#children.get(parent)
      if (siblings !== undefined) {
        siblings.add(child)
        return
      }
      this.#children.set(parent, new Set([child]))
      child = parent
    }
  }

  /** To be called when `has` says no more of the prefix. */
  delete(prefix: string): void {
    for (let child = prefix; !this.#has(child) && !this.#children.has(child);) {
      const parent = parentOf(child)
      const siblings = parent === undefined ? undefined : this.#children.get(parent)
      siblings?.delete(child)
      if (parent === undefined || siblings === undefined || siblings.size > 0) return
      this.#children.delete(parent)
      child = parent
    }
  }

  /** All below a prefix, however deep, without itself. */
  *below(prefix: string): IterableIterator<string> {
    for (const child of this.#children.get(prefix) ?? []) {
      if (this.#has(child)) yield child
      yield* this.below(child)
    }
  }
}

function parentOf(prefix: string): string | undefined {
  const end = prefix.lastIndexOf('.')
  return end < 0 ? undefined : prefix.slice(0, end)
}
