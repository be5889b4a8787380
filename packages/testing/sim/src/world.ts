/**
 * Virtual time: a heap of (instant, sequence, act). Pop, set now, act, repeat. Testing.
 * Nothing in a world waits, so an hour of quiet costs nothing, and the same acts always come in the same order.
 */
import type { Instant } from '@hourglass/sansio'

/** Where every world begins: 2026-01-01. */
export const START: Instant = 1_767_225_600_000

interface Event {
  readonly at: Instant
  readonly sequence: number
  readonly act: () => void
}

export class World {
  now: Instant = START
  /** Acts so far. */
  steps = 0
  readonly #heap: Event[] = []
  #sequence = 0

  /** Has `act` happen then, or now where that is past. Acts of one instant happen in the order of their asking. */
  at(instant: Instant, act: () => void): void {
    this.#push({ at: Math.max(instant, this.now), sequence: ++this.#sequence, act })
  }

  after(ms: number, act: () => void): void {
    this.at(this.now + ms, act)
  }

  /** Lets everything happen up to that instant, or until `isOver`. */
  run(until: Instant, isOver: () => boolean = () => false): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= until; first = this.#heap[0]) {
      if (isOver()) return
      this.#shift()
      this.now = first.at
      this.steps++
      first.act()
    }
    this.now = Math.max(this.now, until)
  }

  #push(event: Event): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parentIndex = (i - 1) >> 1
      const parent = heap[parentIndex]!
      if (isBefore(parent, event)) break
      heap[i] = parent
      i = parentIndex
    }
    heap[i] = event
  }

  #shift(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(last, heap[child]!)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
}
