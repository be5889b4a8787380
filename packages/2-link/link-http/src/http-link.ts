/**
 * One account's link over HTTP: requests and answers as POSTs in both directions. Layer 2.
 * Spec: IL-RFC 35. There is no session: the link is up from when its shell can speak to the peer until that ends, and
 * a peer that is not there is told request by request.
 *
 *   down ──opened──▶ up ──closed──▶ down
 */
import { LINK_BODY_BYTES_MAX, type Link, type LinkInput, type LinkOutput, earliest } from '@hourglass/link'
import { type Instant, Queue, type Rng, UsageError } from '@hourglass/sansio'
import { Incoming } from './incoming.ts'
import { REQUESTS_MAX } from './limits.ts'
import { Outgoing } from './outgoing.ts'
import type { HttpWireIn, HttpWireOut } from './wire.ts'

export interface HttpLinkOptions {
  readonly rng: Rng
  /** `https://host:port`: where the peer is. Answers are posted to no other. */
  readonly peerOrigin: string
  /**
   * `sync`: answers come in the exchange of their request. `async`: each in a POST of its own, as IL-RFC 35 says since
   * 2026; the peer must serve a request once however often it comes.
   */
  readonly mode: 'sync' | 'async'
  /** Ours, for peers that do not know where to post answers. */
  readonly callbackUrl?: string
  /** Requests of ours that may be under way. */
  readonly requestsMax?: number
}

export class HttpLink implements Link<HttpWireIn, HttpWireOut> {
  readonly #outputs = new Queue<LinkOutput<HttpWireOut>>()
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  #up = false

  constructor({ rng, peerOrigin, mode, callbackUrl, requestsMax = REQUESTS_MAX }: HttpLinkOptions) {
    const send = (wire: HttpWireOut): void => this.#outputs.push({ kind: 'wire', wire })
    const isAsync = mode === 'async'
    const async = isAsync ? { ...(callbackUrl !== undefined && { callbackUrl }) } : undefined
    this.#outgoing = new Outgoing(
      { rng, requestsMax, async },
      {
        send,
        reply: (id, body) => this.#outputs.push({ kind: 'reply', id, body }),
        fail: (id, failure) => this.#outputs.push({ kind: 'failed', id, failure }),
      },
    )
    this.#incoming = new Incoming(
      { rng, peerOrigin, isPeerAsync: isAsync },
      {
        send,
        request: (id, protocol, body) => this.#outputs.push({ kind: 'request', id, protocol, body }),
        takeAnswer: (requestId, body) => this.#outgoing.takeAnswer(requestId, body),
      },
    )
  }

  handle(input: LinkInput<HttpWireIn>, now: Instant): void {
    switch (input.kind) {
      case 'request':
        checkBody(input.body)
        if (this.#up) this.#outgoing.request(input, now)
        else this.#outputs.push({ kind: 'failed', id: input.id, failure: 'down' })
        break
      case 'reply':
        checkBody(input.body)
        this.#incoming.answer(input.id, input.body, '', now)
        break
      case 'refuse':
        this.#incoming.answer(input.id, undefined, input.message, now)
        break
      case 'wire':
        this.#handleWire(input.wire, now)
        break
      case 'timeout':
        this.#outgoing.timeout(now)
        this.#incoming.timeout(now)
        break
    }
  }

  poll(): LinkOutput<HttpWireOut> | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return earliest([this.#outgoing.nextTimeout(), this.#incoming.nextTimeout()])
  }

  #handleWire(wire: HttpWireIn, now: Instant): void {
    switch (wire.kind) {
      case 'opened':
        this.#down()
        this.#up = true
        this.#outputs.push({ kind: 'up' })
        break
      case 'closed':
        this.#down()
        break
      case 'request':
        if (this.#up) this.#incoming.posted(wire, now)
        else this.#refuseUnserved(wire.exchange)
        break
      case 'response':
        if (!this.#outgoing.answered(wire.exchange, wire, now)) {
          this.#incoming.answerTaken(wire.exchange, wire.status, now)
        }
        break
      case 'unanswered':
        if (!this.#outgoing.unanswered(wire.exchange, wire.isSent, now)) {
          this.#incoming.answerTaken(wire.exchange, undefined, now)
        }
        break
    }
  }

  /** A peer may be there before we are: it is not to wait for nothing. */
  #refuseUnserved(exchange: number): void {
    const wire: HttpWireOut = { kind: 'respond', exchange, status: 503, body: new Uint8Array(0) }
    this.#outputs.push({ kind: 'wire', wire })
  }

  #down(): void {
    if (!this.#up) return
    this.#up = false
    this.#outputs.push({ kind: 'down' })
    this.#outgoing.close()
    this.#incoming.close()
  }
}

function checkBody({ length }: Uint8Array): void {
  if (length > LINK_BODY_BYTES_MAX) {
    throw new UsageError(`a body has at most ${LINK_BODY_BYTES_MAX} bytes, this one ${length}`)
  }
}
