/**
 * Our answers to requests that asked for them by a POST of ours: each is sent until the peer has taken it. Layer 2.
 * Spec: IL-RFC 35 "ILP Fulfill/Reject Reply", "Retry Behavior".
 */
import { BusyMap, type Instant } from '@hourglass/sansio'
import { ANSWER_FOR_MS } from './limits.ts'
import { OCTET_STREAM } from './media-type.ts'
import { Retries } from './retries.ts'
import type { HttpWireOut } from './wire.ts'

interface Answer {
  readonly exchange: number
  readonly requestId: string
  /** Undefined: where the peer is known to be. */
  readonly url: string | undefined
  readonly body: Uint8Array
  readonly until: Instant
}

export class Answers {
  readonly #send: (wire: HttpWireOut) => void
  readonly #answers = new BusyMap<number, Answer>()
  readonly #retries = new Retries<Answer>()
  /** Below zero, so that they are not those of our requests. */
  #lastExchange = 0

  constructor(send: (wire: HttpWireOut) => void) {
    this.#send = send
  }

  /** Those that the peer has not taken. */
  get size(): number {
    return this.#answers.size
  }

  add(
    to: { readonly requestId: string; readonly url: string | undefined },
    body: Uint8Array,
    now: Instant,
  ): void {
    const answer = { ...to, exchange: --this.#lastExchange, body, until: now + ANSWER_FOR_MS }
    this.#answers.set(answer.exchange, answer)
    this.#post(answer)
  }

  /** HTTP-16, HTTP-17: 5xx and silence mean again, all else that it was taken. `status` is undefined for silence. */
  answered(exchange: number, status: number | undefined, now: Instant): void {
    const answer = this.#answers.get(exchange)
    if (answer === undefined) return
    if ((status === undefined || status >= 500) && now < answer.until) this.#retries.add(answer, now)
    else this.#answers.delete(exchange)
  }

  timeout(now: Instant): void {
    for (let next = this.#retries.take(now); next !== undefined; next = this.#retries.take(now))
      this.#post(next)
  }

  nextTimeout(): Instant | undefined {
    return this.#retries.next()
  }

  close(): void {
    this.#retries.clear()
    for (const exchange of this.#answers.keys()) this.#send({ kind: 'cancel', exchange })
    this.#answers.clear()
  }

  #post({ exchange, requestId, url, body }: Answer): void {
    const target = url === undefined ? {} : { url }
    this.#send({ kind: 'post', exchange, ...target, contentType: OCTET_STREAM, requestId, body })
  }
}
