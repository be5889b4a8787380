/**
 * Requests that wait for an answer: bounded, each with a deadline. Layer 2, face.
 * What every link keeps of its own requests, so that each gets exactly one answer.
 *
 * Deadlines stand in one heap. An answered request stays there until its deadline or the next sweep, so that
 * an answer costs no search; the heap never holds more than twice what is open, and a few.
 */
import { BusyMap, type Instant, assert } from '@hourglass/sansio'

/** A request under way. */
export interface OpenRequest {
  /** Names the request on the wire: 1 … 2^31-1, unique among those open. */
  readonly key: number
  /** The asker's name of the request. */
  readonly id: number
  readonly protocol: string
  readonly deadline: Instant
}

interface Entry extends OpenRequest {
  answered: boolean
}

export class RequestTable {
  readonly #max: number
  readonly #open = new BusyMap<number, Entry>()
  /** Each entry's deadline is at or after that of its parent, at (i - 1) >> 1. */
  #heap: Entry[] = []
  #lastKey = 0

  /** `max`: how many requests may be open at once. */
  constructor(max: number) {
    this.#max = max
  }

  /** Number of open requests. */
  get size(): number {
    return this.#open.size
  }

  /** Opens a request; undefined where the table is full. */
  open(id: number, protocol: string, deadline: Instant): OpenRequest | undefined {
    if (this.#open.size >= this.#max) return undefined
    const entry = { key: this.#freeKey(), id, protocol, deadline, answered: false }
    this.#open.set(entry.key, entry)
    if (this.#heap.length > 2 * this.#open.size + SLACK) this.#sweep()
    this.#push(entry)
    return entry
  }

  /** The open request of that key, which stays open. */
  get(key: number): OpenRequest | undefined {
    return this.#open.get(key)
  }

  /** Takes the request of that key out; undefined where none is open, as for an answer that comes late or twice. */
  take(key: number): OpenRequest | undefined {
    const entry = this.#open.take(key)
    if (entry !== undefined) entry.answered = true
    return entry
  }

  /** Takes out the requests whose deadline has come. */
  takeExpired(now: Instant): OpenRequest[] {
    const expired: OpenRequest[] = []
    for (let first = this.#heap[0]; first !== undefined && first.deadline <= now; first = this.#heap[0]) {
      this.#shift()
      if (first.answered) continue
      this.take(first.key)
      expired.push(first)
    }
    return expired
  }

  /** Takes all requests out, oldest first. */
  takeAll(): OpenRequest[] {
    const all = [...this.#open.values()]
    this.#open.clear()
    this.#heap = []
    return all
  }

  /** At or before the deadline of every open request: the earliest one may have been answered since. */
  nextDeadline(): Instant | undefined {
    return this.#open.size === 0 ? undefined : this.#heap[0]?.deadline
  }

  #freeKey(): number {
    do this.#lastKey = this.#lastKey === KEY_MAX ? 1 : this.#lastKey + 1
    while (this.#open.has(this.#lastKey))
    return this.#lastKey
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(entry)
    while (i > 0) {
      const parentIndex = (i - 1) >> 1
      const parent = heap[parentIndex]!
      if (parent.deadline <= entry.deadline) break
      heap[i] = parent
      i = parentIndex
    }
    heap[i] = entry
  }

  /** Drops the first entry. */
  #shift(): void {
    const last = this.#heap.pop()
    assert(last !== undefined, 'only a heap with entries is shifted')
    if (this.#heap.length > 0) this.#sink(last, 0)
  }

  /** Puts `entry` where it belongs at or below place `i`. */
  #sink(entry: Entry, i: number): void {
    const heap = this.#heap
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.deadline < heap[child]!.deadline) child++
      if (entry.deadline <= heap[child]!.deadline) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = entry
  }

  /** Forgets what is answered. */
  #sweep(): void {
    this.#heap = this.#heap.filter((entry) => !entry.answered)
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(this.#heap[i]!, i)
  }
}

/** Answered entries that the heap may hold however few are open. */
const SLACK = 1024

/** Keys stay small integers, which are the cheapest to look up, and fit the 32 bits that wires have for them. */
const KEY_MAX = 2 ** 31 - 1
