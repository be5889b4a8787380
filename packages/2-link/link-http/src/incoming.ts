/**
 * The peer's requests: each is served once and answered, in its own exchange or by a POST of ours. Layer 2.
 * Spec: IL-RFC 35. Whose they are is known already (HTTP-04).
 */
import { encodeUtf8 } from '@hourglass/oer'
import { BusyMap, type Instant, type Rng } from '@hourglass/sansio'
import { Answers } from './answers.ts'
import { CALLBACK_URL_LENGTH_MAX, MESSAGE_BYTES_MAX, PEER_REQUESTS_MAX } from './limits.ts'
import { ILP, PLAIN_TEXT, decodeMediaType, encodeMediaType } from './media-type.ts'
import { isPrepare, isReply } from './packet-type.ts'
import { readRequestId } from './request-id.ts'
import { RequestMemory } from './request-memory.ts'
import type { HttpRequest, HttpWireOut } from './wire.ts'

export interface IncomingOptions {
  readonly rng: Rng
  /** `https://host:port`: answers go to URLs of this origin alone (HTTP-21, SEC-23). */
  readonly peerOrigin: string
  /** Whether the peer wants answers by a POST of ours even where it does not say so (HTTP-25). */
  readonly isPeerAsync: boolean
}

export interface IncomingEffects {
  send(wire: HttpWireOut): void
  request(id: number, protocol: string, body: Uint8Array): void
  /** The peer posts an answer; whether it was to a request of ours. */
  takeAnswer(requestId: string | undefined, body: Uint8Array): boolean
}

type Posted = HttpRequest & { readonly exchange: number }

/** A request of the peer. */
interface PeerRequest {
  readonly id: number
  readonly protocol: string
  readonly requestId: string | undefined
  /** Exchanges that wait for the answer: several where it was sent again meanwhile. */
  exchanges: number[]
  /** Where the answer is to be posted. */
  readonly postTo: { readonly requestId: string; readonly url: string | undefined } | undefined
  answer: Uint8Array | undefined
}

export class Incoming {
  readonly #options: IncomingOptions
  readonly #effects: IncomingEffects
  readonly #open = new BusyMap<number, PeerRequest>()
  readonly #memory: RequestMemory<PeerRequest>
  readonly #answers: Answers
  #lastId = 0

  constructor(options: IncomingOptions, effects: IncomingEffects) {
    this.#options = options
    this.#effects = effects
    this.#memory = new RequestMemory(options.rng)
    this.#answers = new Answers((wire) => effects.send(wire))
  }

  posted(request: Posted, now: Instant): void {
    const { exchange, contentType, body } = request
    const protocol = decodeMediaType(contentType)
    if (protocol === undefined) return this.#refuse(exchange, 415, `${contentType} is not served here`)
    if (body.length > MESSAGE_BYTES_MAX)
      return this.#refuse(exchange, 413, `more than ${MESSAGE_BYTES_MAX} octets`)
    if (protocol === ILP && isReply(body)) return this.#postedAnswer(exchange, request)
    if (protocol === ILP && !isPrepare(body)) return this.#refuse(exchange, 400, 'the body is no ILP packet')
    const refusal = this.#contradictionIn(request, protocol)
    if (refusal !== undefined) return this.#refuse(exchange, 400, refusal)
    this.#serve(request, protocol, now)
  }

  /** Our answer to the peer's request of that id; undefined: it is not served here, and `message` says why. */
  answer(id: number, body: Uint8Array | undefined, message: string, now: Instant): void {
    const request = this.#open.take(id)
    if (request === undefined) return
    const { exchanges, postTo } = request
    request.exchanges = []
    if (body === undefined) {
      for (const exchange of exchanges) this.#refuse(exchange, 415, message)
      return
    }
    const answer = body.slice()
    if (request.requestId !== undefined) {
      request.answer = answer
      this.#memory.grow(answer.length)
    }
    if (postTo !== undefined) this.#answers.add(postTo, answer, now)
    for (const exchange of exchanges) this.#respond(exchange, request.protocol, answer)
  }

  /** What became of a POST of ours that carried an answer. `status` is undefined where nothing came back. */
  answerTaken(exchange: number, status: number | undefined, now: Instant): void {
    this.#answers.answered(exchange, status, now)
  }

  timeout(now: Instant): void {
    this.#answers.timeout(now)
  }

  nextTimeout(): Instant | undefined {
    return this.#answers.nextTimeout()
  }

  /** Forgets what waits. What has been served is known for longer. */
  close(): void {
    this.#open.clear()
    this.#answers.close()
  }

  /** HTTP-13, HTTP-14, HTTP-15: of this peer's own account alone, since each has a link of its own. */
  #postedAnswer(exchange: number, { requestId, body }: Posted): void {
    if (!this.#effects.takeAnswer(readRequestId(requestId), body)) {
      return this.#refuse(exchange, 400, 'no request with that Request-Id waits for an answer')
    }
    this.#effects.send({ kind: 'respond', exchange, status: 200, epoch: this.#memory.epoch, body: NOTHING })
  }

  /** Why a request cannot be answered as it asks for. */
  #contradictionIn(
    { requestId, callbackUrl, isAsync = false }: Posted,
    protocol: string,
  ): string | undefined {
    if (protocol !== ILP || (!isAsync && callbackUrl === undefined)) return undefined
    if (readRequestId(requestId) === undefined) return 'Request-Id must be a UUID of version 4' // HTTP-09
    if (callbackUrl !== undefined && !this.#isOfPeer(callbackUrl))
      return 'Callback-Url is not of your own origin'
    return undefined
  }

  /** Whether it begins with the peer's origin, and what follows is its path. */
  #isOfPeer(url: string): boolean {
    if (url.length > CALLBACK_URL_LENGTH_MAX || !/^[!-~]+$/.test(url)) return false
    return url.startsWith(`${this.#options.peerOrigin}/`)
  }

  #serve(request: Posted, protocol: string, now: Instant): void {
    const { exchange, callbackUrl, isAsync = false, epoch, body } = request
    const requestId = protocol === ILP ? readRequestId(request.requestId) : undefined
    if (epoch !== undefined && epoch !== this.#memory.epoch) {
      return this.#refuse(exchange, 409, 'that request may have come before')
    }
    const known = requestId === undefined ? undefined : this.#memory.find(requestId)
    if (known !== undefined) return this.#serveAgain(known, exchange, now)
    if (this.#open.size + this.#answers.size >= PEER_REQUESTS_MAX) {
      return this.#refuse(exchange, 429, `more than ${PEER_REQUESTS_MAX} requests at once`)
    }
    // HTTP-10, HTTP-25
    const wantsPost = isAsync || callbackUrl !== undefined || this.#options.isPeerAsync
    const postTo = wantsPost && requestId !== undefined ? { requestId, url: callbackUrl } : undefined
    const id = ++this.#lastId
    const exchanges = postTo === undefined ? [exchange] : []
    const served: PeerRequest = { id, protocol, requestId, exchanges, postTo, answer: undefined }
    this.#open.set(id, served)
    if (requestId !== undefined) this.#memory.add(requestId, served, now)
    if (postTo !== undefined) this.#accept(exchange)
    this.#effects.request(id, protocol, body)
  }

  /** Served already, or being served: it is answered as the first was, and nothing else happens. */
  #serveAgain(known: PeerRequest, exchange: number, now: Instant): void {
    const { protocol, postTo, answer } = known
    if (postTo === undefined) {
      if (answer !== undefined) this.#respond(exchange, protocol, answer)
      else if (this.#open.has(known.id)) known.exchanges.push(exchange)
      else this.#refuse(exchange, 409, 'that request came before, and has no answer')
      return
    }
    this.#accept(exchange)
    if (answer !== undefined) this.#answers.add(postTo, answer, now)
  }

  #accept(exchange: number): void {
    this.#effects.send({ kind: 'respond', exchange, status: 202, epoch: this.#memory.epoch, body: NOTHING })
  }

  #respond(exchange: number, protocol: string, body: Uint8Array): void {
    const { epoch } = this.#memory
    const contentType = encodeMediaType(protocol)
    this.#effects.send({ kind: 'respond', exchange, status: 200, contentType, epoch, body })
  }

  #refuse(exchange: number, status: number, message: string): void {
    const { epoch } = this.#memory
    const body = encodeUtf8(`${message}\n`)
    this.#effects.send({ kind: 'respond', exchange, status, contentType: PLAIN_TEXT, epoch, body })
  }
}

const NOTHING = new Uint8Array(0)
