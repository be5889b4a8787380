/** What happens when: a heap of events by time, and by order of entry where times agree. Testing. */
export class Agenda<Event> {
  readonly #heap: { readonly at: number; readonly order: number; readonly event: Event }[] = []
  #entered = 0

  /** When the next event happens; undefined where there is none. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at
  }

  add(at: number, event: Event): void {
    const heap = this.#heap
    heap.push({ at, order: this.#entered++, event })
    let i = heap.length - 1
    while (i > 0) {
      const parent = (i - 1) >>> 1
      if (!this.#isBefore(i, parent)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  take(): Event | undefined {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (first === undefined || last === undefined) return undefined
    if (heap.length === 0) return first.event
    heap[0] = last
    for (let i = 0; ;) {
      let least = i
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && this.#isBefore(child, least)) least = child
      }
      if (least === i) return first.event
      this.#swap(i, least)
      i = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a]!, this.#heap[b]!]
    return first.at < second.at || (first.at === second.at && first.order < second.order)
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap
    const held = heap[a]!
    heap[a] = heap[b]!
    heap[b] = held
  }
}
