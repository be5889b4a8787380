/**
 * The server's side of a new socket, until it is known whose it is. Layer 2.
 * Spec: IL-RFC 23 "Authentication".
 *
 *   waiting ──first frame──▶ asking ──decided──▶ accepted | refused
 *      └──silence, no auth frame──▶ refused
 */
import { DecodeError, type Instant, type Machine, Queue, type TimeoutInput } from '@hourglass/sansio'
import { type AuthClaim, readAuthClaim } from './auth-frame.ts'
import { AUTH_TIMEOUT_MS, EARLY_BYTES_MAX, EARLY_FRAMES_MAX } from './limits.ts'
import { makeErrorContents } from './wire/error-contents.ts'
import { type Frame, FrameType, decodeFrame, encodeFrame } from './wire/frame.ts'

export type HandshakeInput =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** Whose the claim is; undefined: nobody's. */
  | { readonly kind: 'decided'; readonly account: string | undefined }
  | TimeoutInput

export type HandshakeOutput =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** Find out whose it is, then hand in `decided`. */
  | ({ readonly kind: 'authenticate' } & AuthClaim)
  /** The socket is that account's; `early` came meanwhile and is the session's first input. */
  | { readonly kind: 'accepted'; readonly account: string; readonly early: readonly Uint8Array[] }
  /** Close the socket. */
  | { readonly kind: 'refused'; readonly reason: HandshakeRefusal }

export type HandshakeRefusal =
  /** No account has that user name and token. */
  | 'token-refused'
  /** The client did not say who it is. */
  | 'no-answer'
  /** What came first was no frame, or none that authenticates. */
  | 'not-btp'
  /** The client sent too much before it was known. */
  | 'too-early'

export class ServerHandshake implements Machine<HandshakeInput, HandshakeOutput> {
  readonly #outputs = new Queue<HandshakeOutput>()
  readonly #deadline: Instant
  #state: 'waiting' | 'asking' | 'over' = 'waiting'
  #requestId = 0
  #early: Uint8Array[] = []
  #earlyBytes = 0

  /** `now`: when the socket opened. */
  constructor(now: Instant) {
    this.#deadline = now + AUTH_TIMEOUT_MS
  }

  handle(input: HandshakeInput, now: Instant): void {
    if (this.#state === 'over') return
    switch (input.kind) {
      case 'frame':
        if (this.#state === 'waiting') this.#handleFirst(input.bytes, now)
        else this.#keepEarly(input.bytes, now)
        break
      case 'decided':
        this.#handleDecided(input.account, now)
        break
      case 'timeout':
        // BTP-24; a decision of ours that takes as long counts as none.
        if (now >= this.#deadline) this.#refuse('no-answer', now)
        break
    }
  }

  poll(): HandshakeOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return this.#state === 'over' ? undefined : this.#deadline
  }

  #handleFirst(bytes: Uint8Array, now: Instant): void {
    let frame: Frame | undefined
    let claim: AuthClaim | undefined
    try {
      frame = decodeFrame(bytes)
      this.#requestId = frame.requestId
      claim = readAuthClaim(frame)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
    if (frame === undefined) {
      this.#end('not-btp')
    } else if (claim === undefined) {
      this.#state = 'asking'
      this.#refuse('not-btp', now)
    } else {
      this.#state = 'asking'
      this.#outputs.push({ kind: 'authenticate', ...claim })
    }
  }

  #keepEarly(bytes: Uint8Array, now: Instant): void {
    this.#early.push(bytes)
    this.#earlyBytes += bytes.length
    if (this.#early.length > EARLY_FRAMES_MAX || this.#earlyBytes > EARLY_BYTES_MAX)
      this.#refuse('too-early', now)
  }

  #handleDecided(account: string | undefined, now: Instant): void {
    if (this.#state !== 'asking') return
    if (account === undefined) {
      this.#refuse('token-refused', now)
      return
    }
    this.#state = 'over'
    const response = { type: FrameType.Response, requestId: this.#requestId, protocolData: [] }
    this.#outputs.push({ kind: 'frame', bytes: encodeFrame(response) })
    this.#outputs.push({ kind: 'accepted', account, early: this.#early })
  }

  /** Answers where there is something to answer (BTP-21, BTP-22), then has the socket closed. */
  #refuse(reason: HandshakeRefusal, now: Instant): void {
    if (this.#state === 'asking') {
      const error = makeErrorContents('F00', REFUSAL_MESSAGES[reason], now)
      const frame = { type: FrameType.Error, requestId: this.#requestId, error, protocolData: [] }
      this.#outputs.push({ kind: 'frame', bytes: encodeFrame(frame) })
    }
    this.#end(reason)
  }

  #end(reason: HandshakeRefusal): void {
    this.#state = 'over'
    this.#early = []
    this.#outputs.push({ kind: 'refused', reason })
  }
}

/** What the client is told. None says whether there is such an account. */
const REFUSAL_MESSAGES: Readonly<Record<HandshakeRefusal, string>> = {
  'token-refused': 'user name or token is wrong',
  'no-answer': 'authentication took too long',
  'not-btp': 'the first frame must be a Message with auth first, and one auth_token',
  'too-early': 'too many frames before authentication',
}
