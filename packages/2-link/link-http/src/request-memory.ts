/**
 * Which requests of the peer have come already, so that one that is sent again is served once (HTTP-20). Layer 2.
 *
 * A peer that got no answer may send its request again only where we are sure to know it again. We say so by an epoch:
 * a random word in every answer, which stands as long as nothing is forgotten that may come again. Who sends a request
 * again says the epoch that it knew when it sent it first. Another epoch means that we may have forgotten the request,
 * because the node was started anew or too many came: then it is not served, and nobody is charged twice.
 *
 * Two generations: what came in this one and in the one before is known. A generation lasts `MEMORY_MS`; one that is
 * full before its time ends the epoch.
 */
import { encodeHex } from '@hourglass/oer'
import type { Instant, Rng } from '@hourglass/sansio'
import { MEMORY_BYTES_MAX, MEMORY_MS, MEMORY_REQUESTS_MAX } from './limits.ts'

export class RequestMemory<Known> {
  readonly #rng: Rng
  #epoch: string
  #now = new Map<string, Known>()
  #before = new Map<string, Known>()
  #bytes = 0
  #endsAt: Instant | undefined

  constructor(rng: Rng) {
    this.#rng = rng
    this.#epoch = drawEpoch(rng)
  }

  get epoch(): string {
    return this.#epoch
  }

  get size(): number {
    return this.#now.size + this.#before.size
  }

  find(requestId: string): Known | undefined {
    return this.#now.get(requestId) ?? this.#before.get(requestId)
  }

  add(requestId: string, known: Known, now: Instant): void {
    this.#endsAt ??= now + MEMORY_MS
    const isFull = this.#now.size >= MEMORY_REQUESTS_MAX || this.#bytes >= MEMORY_BYTES_MAX
    if (now >= this.#endsAt || isFull) {
      if (now < this.#endsAt) this.#epoch = drawEpoch(this.#rng)
      this.#before = this.#now
      this.#now = new Map()
      this.#bytes = 0
      this.#endsAt = now + MEMORY_MS
    }
    this.#now.set(requestId, known)
  }

  /** So many octets more are kept of what is known. */
  grow(bytes: number): void {
    this.#bytes += bytes
  }
}

function drawEpoch(rng: Rng): string {
  return encodeHex(rng.bytes(8))
}
