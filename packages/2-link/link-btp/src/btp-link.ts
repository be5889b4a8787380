/**
 * One account's BTP session: authenticates, carries requests and replies. Layer 2.
 * Spec: IL-RFC 23. It lives across reconnects; what was under way when a socket closes is lost.
 *
 *   client   down ──opened──▶ authenticating ──Response──▶ up ──closed──▶ down
 *                                   └──Error, silence: close──▶ down
 *   server   down ──opened──▶ up ──closed──▶ down            (a `ServerHandshake` was before it)
 */
import {
  LINK_BODY_BYTES_MAX,
  type Link,
  type LinkFailure,
  type LinkInput,
  type LinkOutput,
  type OpenRequest,
  RequestTable,
} from '@hourglass/link'
import { BusyMap, DecodeError, type Instant, Queue, UsageError, assert } from '@hourglass/sansio'
import { encodeAuthFrame } from './auth-frame.ts'
import { AUTH_TIMEOUT_MS, PEER_REQUESTS_MAX, REQUESTS_MAX, UNREADABLE_FRAMES_MAX } from './limits.ts'
import { type ErrorCode, isTemporary, makeErrorContents } from './wire/error-contents.ts'
import { type Frame, FrameType, decodeFrame, encodeFrame } from './wire/frame.ts'
import type { ProtocolData } from './wire/protocol-data.ts'
import { encodeSinglePart } from './wire/single-part.ts'

/** What the shell tells of the socket. */
export type BtpWireIn =
  /** A socket is open; on a server its client has been authenticated. */
  | { readonly kind: 'opened' }
  /** The machine owns `bytes` from now on. */
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  | { readonly kind: 'closed' }
  /** The peer reads too slowly: what was sent piles up. */
  | { readonly kind: 'congested' }
  | { readonly kind: 'drained' }

/** What the shell is to do with the socket. */
export type BtpWireOut =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** Nothing: the server took our token, so the session stands. */
  | { readonly kind: 'accepted' }
  | { readonly kind: 'close'; readonly reason: BtpCloseReason }

export type BtpCloseReason =
  /** The server refused our token. */
  | 'token-refused'
  /** The server did not answer our token. */
  | 'no-answer'
  /** Too many frames that cannot be read. */
  | 'not-btp'

export type BtpLinkOptions = (
  | { readonly role: 'server' }
  /** `username` is sent unless empty (X-BTP2). */
  | { readonly role: 'client'; readonly username: string; readonly token: string }
) & {
  /** Requests of ours that may be under way. */
  readonly requestsMax?: number
}

/** The peer's request that waits for our answer. */
interface PeerRequest {
  readonly requestId: number
  readonly protocol: string
}

export class BtpLink implements Link<BtpWireIn, BtpWireOut> {
  readonly #options: BtpLinkOptions
  readonly #outputs = new Queue<LinkOutput<BtpWireOut>>()
  readonly #requests: RequestTable
  /** By an id of ours: peers may repeat theirs, and a late answer must not reach the next session. */
  readonly #peerRequests = new BusyMap<number, PeerRequest>()
  #lastPeerRequest = 0
  #up = false
  /** Our token on its way; the session stands when it is answered. */
  #auth: OpenRequest | undefined
  #congested = false
  /** In a row. */
  #unreadableFrames = 0

  constructor(options: BtpLinkOptions) {
    this.#options = options
    this.#requests = new RequestTable(options.requestsMax ?? REQUESTS_MAX)
  }

  handle(input: LinkInput<BtpWireIn>, now: Instant): void {
    switch (input.kind) {
      case 'request':
        this.#request(input)
        break
      case 'reply': {
        checkBody(input.body)
        const request = this.#peerRequests.take(input.id)
        if (request === undefined) break
        const { requestId, protocol } = request
        this.#send(encodeSinglePart(FrameType.Response, requestId, protocol, input.body))
        break
      }
      case 'refuse': {
        const request = this.#peerRequests.take(input.id)
        // BTP-33, BTP-34
        if (request !== undefined) this.#sendError(request.requestId, 'F00', input.message, now)
        break
      }
      case 'wire':
        this.#handleWire(input.wire, now)
        break
      case 'timeout':
        for (const request of this.#requests.takeExpired(now)) {
          // BTP-25
          if (request === this.#auth) this.#close('no-answer')
          else this.#fail(request.id, 'lost')
        }
        break
    }
  }

  poll(): LinkOutput<BtpWireOut> | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return this.#requests.nextDeadline()
  }

  #request({ id, protocol, body, deadline }: Extract<LinkInput<BtpWireIn>, { kind: 'request' }>): void {
    checkBody(body)
    if (!this.#up) {
      this.#fail(id, 'down')
      return
    }
    const request = this.#congested ? undefined : this.#requests.open(id, protocol, deadline)
    if (request === undefined) this.#fail(id, 'full')
    else this.#send(encodeSinglePart(FrameType.Message, request.key, protocol, body))
  }

  #handleWire(wire: BtpWireIn, now: Instant): void {
    switch (wire.kind) {
      case 'frame':
        this.#handleBytes(wire.bytes, now)
        break
      case 'opened':
        this.#handleOpened(now)
        break
      case 'closed':
        this.#down()
        break
      case 'congested':
        this.#congested = true
        break
      case 'drained':
        this.#congested = false
        break
    }
  }

  #handleOpened(now: Instant): void {
    this.#down()
    this.#congested = false
    this.#unreadableFrames = 0
    if (this.#options.role === 'server') {
      this.#goUp()
      return
    }
    const { username, token } = this.#options
    // BTP-27: each new socket; BTP-26: nothing else goes out before the answer.
    this.#auth = this.#requests.open(AUTH_ID, 'auth', now + AUTH_TIMEOUT_MS)
    assert(this.#auth !== undefined, 'nothing is under way on a new socket')
    this.#send(encodeAuthFrame(this.#auth.key, { username, token }))
  }

  #handleBytes(bytes: Uint8Array, now: Instant): void {
    if (!this.#up && this.#auth === undefined) return
    let frame: Frame
    try {
      frame = decodeFrame(bytes)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      // BTP-31, SEC-16: no answer, or two nodes could answer each other for ever.
      if (++this.#unreadableFrames >= UNREADABLE_FRAMES_MAX) this.#close('not-btp')
      return
    }
    this.#unreadableFrames = 0
    if (this.#up) this.#handleFrame(frame, now)
    else this.#handleAuthAnswer(frame)
  }

  /** Before the session stands, nothing but the answer to our token counts. */
  #handleAuthAnswer({ type, requestId }: Frame): void {
    if (requestId !== this.#auth?.key) return
    if (type === FrameType.Error) {
      this.#close('token-refused')
    } else if (type === FrameType.Response) {
      this.#requests.take(requestId)
      this.#auth = undefined
      this.#outputs.push({ kind: 'wire', wire: ACCEPTED })
      this.#goUp()
    }
  }

  #handleFrame(frame: Frame, now: Instant): void {
    const { type, requestId, protocolData } = frame
    switch (type) {
      case FrameType.Message:
      case FrameType.Response: {
        const ilp = findPart(protocolData, 'ilp')
        if (isRequest(type, ilp)) this.#handlePeerRequest(requestId, ilp ?? protocolData[0], now)
        else this.#handleAnswer(requestId, protocolData)
        break
      }
      case FrameType.Error: {
        const request = this.#requests.take(requestId)
        // BTP-37, BTP-38: who asked decides whether to ask anew.
        if (request !== undefined) this.#fail(request.id, isTemporary(frame.error.code) ? 'full' : 'refused')
        break
      }
      case FrameType.Transfer:
        // BTP-43, BTP-44: no balance changes. Money moves by settlement protocols, whose running totals may be
        // repeated (BTP-45).
        this.#sendError(requestId, 'F00', 'transfers are not supported', now)
        break
    }
  }

  /** `part` says what is asked (BTP-09, BTP-10). */
  #handlePeerRequest(requestId: number, part: ProtocolData | undefined, now: Instant): void {
    if (part === undefined) {
      // BTP-33: it asks nothing, and does no harm.
      this.#send(encodeFrame({ type: FrameType.Response, requestId, protocolData: [] }))
    } else if (part.data.length > LINK_BODY_BYTES_MAX) {
      this.#sendError(requestId, 'F00', `more than ${LINK_BODY_BYTES_MAX} bytes`, now)
    } else if (this.#peerRequests.size >= PEER_REQUESTS_MAX) {
      this.#sendError(requestId, 'T00', `more than ${PEER_REQUESTS_MAX} requests at once`, now)
    } else {
      const id = ++this.#lastPeerRequest
      const protocol = part.protocolName
      this.#peerRequests.set(id, { requestId, protocol })
      this.#outputs.push({ kind: 'request', id, protocol, body: part.data })
    }
  }

  #handleAnswer(requestId: number, protocolData: readonly ProtocolData[]): void {
    const request = this.#requests.take(requestId)
    // BTP-30: unknown or answered already.
    if (request === undefined) return
    const part = findPart(protocolData, request.protocol)
    if (part === undefined) this.#fail(request.id, 'refused')
    else if (part.data.length > LINK_BODY_BYTES_MAX) this.#fail(request.id, 'lost')
    else this.#outputs.push({ kind: 'reply', id: request.id, body: part.data })
  }

  #goUp(): void {
    this.#up = true
    this.#outputs.push({ kind: 'up' })
  }

  #close(reason: BtpCloseReason): void {
    this.#outputs.push({ kind: 'wire', wire: { kind: 'close', reason } })
    this.#down()
  }

  /** Forgets the session. BTP-51: what was under way fails at once. */
  #down(): void {
    this.#auth = undefined
    const lost = this.#requests.takeAll()
    if (!this.#up) return
    this.#up = false
    this.#peerRequests.clear()
    this.#outputs.push({ kind: 'down' })
    for (const { id } of lost) this.#fail(id, 'lost')
  }

  #fail(id: number, failure: LinkFailure): void {
    this.#outputs.push({ kind: 'failed', id, failure })
  }

  #sendError(requestId: number, code: ErrorCode, message: string, now: Instant): void {
    const error = makeErrorContents(code, message, now)
    this.#send(encodeFrame({ type: FrameType.Error, requestId, error, protocolData: [] }))
  }

  #send(bytes: Uint8Array): void {
    this.#outputs.push({ kind: 'wire', wire: { kind: 'frame', bytes } })
  }
}

function checkBody({ length }: Uint8Array): void {
  if (length > LINK_BODY_BYTES_MAX) {
    throw new UsageError(`a body has at most ${LINK_BODY_BYTES_MAX} bytes, this one ${length}`)
  }
}

/** No id of a caller's: it never comes out. */
const AUTH_ID = -1

const ACCEPTED: BtpWireOut = { kind: 'accepted' }

function findPart(parts: readonly ProtocolData[], protocolName: string): ProtocolData | undefined {
  for (const part of parts) if (part.protocolName === protocolName) return part
  return undefined
}

/**
 * Whether a Message or Response asks something. The frame's type tells, but for ILP packets their own type does:
 * interledger-rs sends a Prepare in a Response and its answer in a Message (BTP-14, X-BTP).
 */
function isRequest(type: Frame['type'], ilp: ProtocolData | undefined): boolean {
  switch (ilp?.data[0]) {
    case ILP_PREPARE:
      return true
    case ILP_FULFILL:
    case ILP_REJECT:
      return false
    default:
      return type === FrameType.Message
  }
}

/** RFC 27 packet types: the octet that an ILP packet begins with. */
const ILP_PREPARE = 12
const ILP_FULFILL = 13
const ILP_REJECT = 14
