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

  /** Whether any prefix is below it. */
  covers(prefix: string): boolean {
    return this.#children.has(prefix)
  }

  /**
   * Those below a prefix that no other one below it covers; also some that only cover such. Whatever is added and
   * deleted between two steps, what stays is among them, and they come to an end.
   */
  *covered(prefix: string): Generator<string, undefined> {
    const siblings = this.#children.get(prefix)
    let left = siblings?.size ?? 0
    for (const child of siblings ?? []) {
      if (left-- === 0) return undefined
      yield child
      if (!this.#has(child)) yield* this.covered(child)
    }
    return undefined
  }
}

function parentOf(prefix: string): string | undefined {
  const end = prefix.lastIndexOf('.')
  return end < 0 ? undefined : prefix.slice(0, end)
}
