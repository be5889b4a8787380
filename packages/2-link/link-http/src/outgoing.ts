/**
 * Our requests: posted, answered at once or by a POST of the peer's, sent again where that is safe. Layer 2.
 * Spec: IL-RFC 35 "ILP Prepare", "Error Handling".
 *
 *   posted ──2xx and a body──▶ replied            ──202──▶ accepted ──the peer posts the answer──▶ replied
 *     ├──4xx──▶ refused   ──429──▶ full   ──nobody there──▶ down
 *     └──5xx, no answer──▶ posted again, where the peer knows it again; else broken, lost
 *
 * At its deadline a request is lost, whatever it waits for.
 */
import { type LinkFailure, type LinkInput, RequestTable } from '@hourglass/link'
import { allocate } from '@hourglass/oer'
import { BusyMap, type Instant, type Rng } from '@hourglass/sansio'
import { ANSWER_FOR_MS, RETRY_PAUSE_MS } from './limits.ts'
import { ILP, decodeMediaType, encodeMediaType } from './media-type.ts'
import { isReply } from './packet-type.ts'
import { drawRequestId } from './request-id.ts'
import { Retries } from './retries.ts'
import type { HttpResponse, HttpWireOut } from './wire.ts'

export interface OutgoingOptions {
  readonly rng: Rng
  readonly requestsMax: number
  /** Whether to ask for answers by a POST of the peer's, and where that is to go if the peer does not know. */
  readonly async: { readonly callbackUrl?: string } | undefined
}

export interface OutgoingEffects {
  send(wire: HttpWireOut): void
  reply(id: number, body: Uint8Array): void
  fail(id: number, failure: LinkFailure): void
}

/** A request of ours that has no answer. */
interface Request {
  readonly key: number
  readonly id: number
  readonly protocol: string
  readonly requestId: string
  readonly body: Uint8Array
  /** The peer's when it was first sent. Undefined: it is sent once. */
  readonly epoch: string | undefined
  readonly retryUntil: Instant
  isSentAgain: boolean
  /** Accepted, or to be sent again: no exchange is under way. */
  isAtRest: boolean
}

export class Outgoing {
  readonly #options: OutgoingOptions
  readonly #effects: OutgoingEffects
  readonly #table: RequestTable
  /** By exchange, which is the table's key. */
  readonly #requests = new BusyMap<number, Request>()
  /** Their exchanges, by what the peer knows them by. */
  readonly #byRequestId = new Map<string, number>()
  readonly #retries = new Retries<Request>()
  /** The peer's newest. */
  #epoch: string | undefined

  constructor(options: OutgoingOptions, effects: OutgoingEffects) {
    this.#options = options
    this.#effects = effects
    this.#table = new RequestTable(options.requestsMax)
  }

  request(
    { id, protocol, body, deadline }: Extract<LinkInput<never>, { kind: 'request' }>,
    now: Instant,
  ): void {
    const contentType = encodeMediaType(protocol)
    const open = this.#table.open(id, protocol, deadline)
    if (open === undefined) return this.#effects.fail(id, 'full')
    const request: Request = {
      key: open.key,
      id,
      protocol,
      requestId: drawRequestId(this.#options.rng),
      body: copyOf(body),
      epoch: protocol === ILP ? this.#epoch : undefined,
      retryUntil: Math.min(deadline, now + ANSWER_FOR_MS),
      isSentAgain: false,
      isAtRest: false,
    }
    this.#requests.set(request.key, request)
    this.#byRequestId.set(request.requestId, request.key)
    this.#post(request, contentType)
  }

  /** Whether the answer was to a request of ours that is still open. */
  answered(exchange: number, response: HttpResponse, now: Instant): boolean {
    const request = this.#requests.get(exchange)
    if (request === undefined) return false
    const { status } = response
    // Errors of servers may come from others than the peer, such as a proxy before it.
    if (status < 500) this.#epoch = response.epoch
    if (status >= 200 && status < 300 && isAnswer(response, request)) this.#reply(request, response.body)
    // HTTP-11: also where we did not ask for it, for the peer may be configured so.
    else if (status === 202 && request.protocol === ILP) request.isAtRest = true
    else if (status >= 500) this.#again(request, 'broken', now)
    else this.#end(request, request.isSentAgain ? 'lost' : failureOf(status, request.protocol))
    return true
  }

  /** Nothing was answered. */
  unanswered(exchange: number, isSent: boolean, now: Instant): boolean {
    const request = this.#requests.get(exchange)
    if (request === undefined) return false
    if (isSent || request.isSentAgain) this.#again(request, 'lost', now)
    else this.#end(request, 'down')
    return true
  }

  /** The peer posts an answer; false where there is no such request: answered already, or never sent (HTTP-14). */
  takeAnswer(requestId: string | undefined, body: Uint8Array): boolean {
    const exchange = requestId === undefined ? undefined : this.#byRequestId.get(requestId)
    const request = exchange === undefined ? undefined : this.#requests.get(exchange)
    if (request?.protocol !== ILP) return false
    if (!request.isAtRest) this.#effects.send({ kind: 'cancel', exchange: request.key })
    this.#reply(request, body)
    return true
  }

  timeout(now: Instant): void {
    for (const { key } of this.#table.takeExpired(now)) {
      const request = this.#requests.get(key)!
      if (!request.isAtRest) this.#effects.send({ kind: 'cancel', exchange: key })
      this.#end(request, 'lost')
    }
    for (let next = this.#retries.take(now); next !== undefined; next = this.#retries.take(now)) {
      if (this.#requests.get(next.key) === next) this.#post(next, encodeMediaType(next.protocol))
    }
  }

  nextTimeout(): Instant | undefined {
    const deadline = this.#table.nextDeadline()
    const retry = this.#retries.next()
    return deadline === undefined || retry === undefined ? (deadline ?? retry) : Math.min(deadline, retry)
  }

  /** All that is under way is lost. */
  close(): void {
    this.#retries.clear()
    this.#epoch = undefined
    for (const { key } of this.#table.takeAll()) {
      const request = this.#requests.get(key)!
      if (!request.isAtRest) this.#effects.send({ kind: 'cancel', exchange: key })
      this.#end(request, 'lost')
    }
  }

  #post(request: Request, contentType: string): void {
    const { async } = this.#options
    const { key, protocol, requestId, body, epoch, isSentAgain } = request
    request.isAtRest = false
    this.#effects.send({
      kind: 'post',
      exchange: key,
      contentType,
      requestId,
      ...(async !== undefined && protocol === ILP && { isAsync: true, ...async }),
      ...(isSentAgain && epoch !== undefined && { epoch }),
      body,
    })
  }

  /** Sends it once more where the peer knows it again, else ends it. */
  #again(request: Request, failure: LinkFailure, now: Instant): void {
    if (request.epoch === undefined) return this.#end(request, failure)
    request.isSentAgain = true
    request.isAtRest = true
    // What comes to nothing is lost at its deadline: the peer may have it, and answer by a POST of its own.
    if (now + RETRY_PAUSE_MS < request.retryUntil) this.#retries.add(request, now)
  }

  #reply(request: Request, body: Uint8Array): void {
    this.#forget(request)
    this.#effects.reply(request.id, body)
  }

  #end(request: Request, failure: LinkFailure): void {
    this.#forget(request)
    this.#effects.fail(request.id, failure)
  }

  #forget({ key, requestId }: Request): void {
    this.#table.take(key)
    this.#requests.delete(key)
    this.#byRequestId.delete(requestId)
  }
}

function copyOf(body: Uint8Array): Uint8Array {
  const copy = allocate(body.length)
  copy.set(body)
  return copy
}

/** Whether the body of a success answers: a packet that does, or octets of the protocol that was asked in. */
function isAnswer({ contentType = '', body }: HttpResponse, { protocol }: Request): boolean {
  return protocol === ILP ? isReply(body) : decodeMediaType(contentType) === protocol
}

/** HTTP-28 … HTTP-32: of a request that was answered once, with a status below 500 and with no answer. */
function failureOf(status: number, protocol: string): LinkFailure {
  if (status === 429) return 'full'
  if (status >= 400) return 'refused'
  // Whoever takes packets alone may answer all else with whatever it likes.
  return protocol === ILP ? 'broken' : 'refused'
}
