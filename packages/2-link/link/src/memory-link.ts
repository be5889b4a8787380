/**
 * A link without a wire format: its wire carries whole requests. Layer 2, face.
 * Two of them are a pair, in one process, a simulation or a test: whatever one puts out as `wire` goes into the other,
 * in order, by whoever drives them. One of them fits whatever has requests of its own, such as a plugin.
 */
import { type Instant, Queue, UsageError } from '@hourglass/sansio'
import { LINK_BODY_BYTES_MAX, type Link, type LinkFailure, type LinkInput, type LinkOutput } from './link.ts'
import { RequestTable } from './request-table.ts'

/** What travels between a pair, and what its driver says of the way. Bodies are copies of the sender's. */
export type MemoryWire =
  /** From the driver: the way to the peer is open. */
  | { readonly kind: 'opened' }
  /** From the driver: it is not; what was on it is lost. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'request'; readonly key: number; readonly protocol: string; readonly body: Uint8Array }
  | { readonly kind: 'reply'; readonly key: number; readonly body: Uint8Array }
  | { readonly kind: 'refusal'; readonly key: number; readonly message: string }
  /** From the driver: nobody knows what became of that request of ours. */
  | { readonly kind: 'lost'; readonly key: number }

export class MemoryLink implements Link<MemoryWire, MemoryWire> {
  readonly #outputs = new Queue<LinkOutput<MemoryWire>>()
  readonly #requests: RequestTable
  /** The peer's requests that wait for our answer: our id to its key. */
  readonly #incoming = new Map<number, number>()
  #lastIncomingId = 0
  #up = false

  /** `requestsMax`: how many requests of ours may be under way. */
  constructor(requestsMax: number = REQUESTS_MAX) {
    this.#requests = new RequestTable(requestsMax)
  }

  handle(input: LinkInput<MemoryWire>, now: Instant): void {
    switch (input.kind) {
      case 'request':
        this.#handleRequest(input)
        break
      case 'reply': {
        const key = this.#takeIncoming(input.id)
        if (key !== undefined) this.#send({ kind: 'reply', key, body: copyBody(input.body) })
        break
      }
      case 'refuse': {
        const key = this.#takeIncoming(input.id)
        if (key !== undefined) this.#send({ kind: 'refusal', key, message: input.message })
        break
      }
      case 'wire':
        this.#handleWire(input.wire)
        break
      case 'timeout':
        for (const { id } of this.#requests.takeExpired(now)) this.#fail(id, 'lost')
        break
    }
  }

  poll(): LinkOutput<MemoryWire> | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return this.#requests.nextDeadline()
  }

  #handleRequest({
    id,
    protocol,
    body,
    deadline,
  }: Extract<LinkInput<MemoryWire>, { kind: 'request' }>): void {
    if (!this.#up) {
      this.#fail(id, 'down')
      return
    }
    const request = this.#requests.open(id, protocol, deadline)
    if (request === undefined) this.#fail(id, 'full')
    else this.#send({ kind: 'request', key: request.key, protocol, body: copyBody(body) })
  }

  #handleWire(wire: MemoryWire): void {
    switch (wire.kind) {
      case 'opened':
        this.#down()
        this.#up = true
        this.#outputs.push({ kind: 'up' })
        break
      case 'closed':
        this.#down()
        break
      // Served also before the way is open: a plugin asks what it needs to know before it says that it is connected.
      case 'request':
        this.#incoming.set(++this.#lastIncomingId, wire.key)
        this.#outputs.push({
          kind: 'request',
          id: this.#lastIncomingId,
          protocol: wire.protocol,
          body: wire.body,
        })
        break
      case 'reply': {
        const id = this.#requests.take(wire.key)?.id
        if (id !== undefined) this.#outputs.push({ kind: 'reply', id, body: wire.body })
        break
      }
      case 'refusal':
      case 'lost': {
        const id = this.#requests.take(wire.key)?.id
        if (id !== undefined) this.#fail(id, wire.kind === 'lost' ? 'lost' : 'refused')
        break
      }
    }
  }

  #down(): void {
    if (!this.#up) return
    this.#up = false
    this.#incoming.clear()
    this.#outputs.push({ kind: 'down' })
    for (const { id } of this.#requests.takeAll()) this.#fail(id, 'lost')
  }

  #takeIncoming(id: number): number | undefined {
    const key = this.#incoming.get(id)
    this.#incoming.delete(id)
    return key
  }

  #fail(id: number, failure: LinkFailure): void {
    this.#outputs.push({ kind: 'failed', id, failure })
  }

  #send(wire: MemoryWire): void {
    this.#outputs.push({ kind: 'wire', wire })
  }
}

/** Requests of ours under way, where the constructor is not told. */
const REQUESTS_MAX = 20_000

function copyBody(body: Uint8Array): Uint8Array {
  if (body.length > LINK_BODY_BYTES_MAX) {
    throw new UsageError(`a body has at most ${LINK_BODY_BYTES_MAX} bytes, this one ${body.length}`)
  }
  return body.slice()
}
