/**
 * A first-in first-out queue with constant cost at both ends. Base.
 * Machines keep their outputs in one until they are polled.
 */
export class Queue<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  /** The oldest item, or undefined where there is none. */
  peek(): T | undefined {
    return this.#items[this.#head]
  }

  /** Oldest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = this.#head; i < this.#items.length; i++) yield this.#items[i]!
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** Takes the oldest item, or undefined where there is none. */
  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length) {
      this.#items.length = 0
      this.#head = 0
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}

/** Taken slots that are carried along before the rest is copied down. */
const COMPACT_AT = 1024
