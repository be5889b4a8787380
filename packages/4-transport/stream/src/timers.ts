/**
 * Who waits until when: the next one at once, any change in a few steps, however many wait. Layer 4.
 * A heap: each one's instant is at or after that of its parent, at (slot - 1) >> 1.
 */
import type { Instant } from '@hourglass/sansio'

/** Something that may wait; both fields are kept by `Timers`. */
export interface Waiting {
  /** Undefined: it does not wait. */
  wakesAt: Instant | undefined
  /** Its place among all that wait. */
  slot: number
}

export class Timers<T extends Waiting> {
  readonly #heap: T[] = []

  /** How many wait. */
  get size(): number {
    return this.#heap.length
  }

  /** When the first of them is due. */
  get next(): Instant | undefined {
    return this.#heap[0]?.wakesAt
  }

  /** From now on `item` waits until then, or no longer. */
  set(item: T, wakesAt: Instant | undefined): void {
    const before = item.wakesAt
    if (before === wakesAt) return
    if (wakesAt === undefined) return this.#remove(item)
    item.wakesAt = wakesAt
    if (before === undefined) item.slot = this.#heap.push(item) - 1
    this.#settle(item, wakesAt)
  }

  /** Takes out all that are due. */
  takeDue(now: Instant): T[] {
    const due: T[] = []
    for (let first = this.#heap[0]; first !== undefined && first.wakesAt! <= now; first = this.#heap[0]) {
      this.#remove(first)
      due.push(first)
    }
    return due
  }

  #remove(item: T): void {
    item.wakesAt = undefined
    const last = this.#heap.pop()!
    if (last === item) return
    last.slot = item.slot
    this.#settle(last, last.wakesAt!)
  }

  /** Moves `item` from its slot up or down to where it belongs. */
  #settle(item: T, wakesAt: Instant): void {
    let { slot } = item
    while (slot > 0 && this.#heap[(slot - 1) >> 1]!.wakesAt! > wakesAt)
      slot = this.#move((slot - 1) >> 1, slot)
    for (let child = this.#earlierChild(slot); child !== undefined; child = this.#earlierChild(slot)) {
      if (this.#heap[child]!.wakesAt! >= wakesAt) break
      slot = this.#move(child, slot)
    }
    this.#heap[slot] = item
    item.slot = slot
  }

  /** Returns the slot that has become free. */
  #move(from: number, to: number): number {
    const item = this.#heap[from]!
    this.#heap[to] = item
    item.slot = to
    return from
  }

  #earlierChild(slot: number): number | undefined {
    const [left, right] = [this.#heap[2 * slot + 1], this.#heap[2 * slot + 2]]
    if (left === undefined) return undefined
    return right !== undefined && right.wakesAt! < left.wakesAt! ? 2 * slot + 2 : 2 * slot + 1
  }
}
