/**
 * A first-in first-out queue with constant cost at both ends. Base.
 * Machines keep their outputs in one until they are polled.
 */
export class Queue<T> {
  /** Slots that hold nothing are undefined; some stay, for what comes next. */
  #items: (T | undefined)[] = []
  #head = 0
  #tail = 0

  get size(): number {
    return this.#tail - this.#head
  }

  /** The oldest item, or undefined where there is none. */
  peek(): T | undefined {
    return this.#items[this.#head]
  }

  /** Oldest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = this.#head; i < this.#tail; i++) yield this.#items[i]!
  }

  push(item: T): void {
    this.#items[this.#tail++] = item
  }

  /** Takes the oldest item, or undefined where there is none. */
  shift(): T | undefined {
    if (this.#head === this.#tail) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head === this.#tail) {
      if (this.#tail > COMPACT_AT) this.#items = []
      this.#head = 0
      this.#tail = 0
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#tail) {
      this.#items = this.#items.slice(this.#head, this.#tail)
      this.#tail -= this.#head
      this.#head = 0
    }
    return item
  }
}

/** Taken slots that are carried along before the rest is copied down, or an empty queue lets go of them. */
const COMPACT_AT = 1024
