/** What is to be sent again after a pause that is the same for all: first in, first out. Layer 2. */
import { type Instant, Queue } from '@hourglass/sansio'
import { RETRY_PAUSE_MS } from './limits.ts'

export class Retries<Item> {
  readonly #queue = new Queue<{ readonly item: Item; readonly at: Instant }>()

  add(item: Item, now: Instant): void {
    this.#queue.push({ item, at: now + RETRY_PAUSE_MS })
  }

  next(): Instant | undefined {
    return this.#queue.peek()?.at
  }

  /** One whose time has come. */
  take(now: Instant): Item | undefined {
    const first = this.#queue.peek()
    return first === undefined || first.at > now ? undefined : this.#queue.shift()!.item
  }

  clear(): void {
    while (this.#queue.shift() !== undefined) continue
  }
}
