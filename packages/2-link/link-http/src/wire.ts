/** What a link and its sockets say to one another: HTTP messages, their octets apart. Layer 2. */

/** What a POST says beside whose it is, from either side. */
export interface HttpRequest {
  readonly contentType: string
  /** Header `Request-Id`. */
  readonly requestId?: string
  /** Header `Callback-Url`: where the answer is to go. */
  readonly callbackUrl?: string
  /** Header `Prefer: respond-async`. */
  readonly isAsync?: boolean
  /** Header `Link-Epoch`: see `request-memory.ts`. */
  readonly epoch?: string
  readonly body: Uint8Array
}

export interface HttpResponse {
  readonly status: number
  readonly contentType?: string
  /** Header `Link-Epoch`. */
  readonly epoch?: string
  readonly body: Uint8Array
}

/** What the shell tells. Exchanges of either side are numbered by whoever learns of them first. */
export type HttpWireIn =
  /** The peer can be spoken to. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'closed' }
  /** The peer posts: authenticated, and read whole. The machine owns `body` from now on. */
  | ({ readonly kind: 'request'; readonly exchange: number } & HttpRequest)
  /** The answer to a POST of ours. The machine owns `body` from now on. */
  | ({ readonly kind: 'response'; readonly exchange: number } & HttpResponse)
  /** No answer comes. `isSent`: the peer may have the POST all the same. */
  | { readonly kind: 'unanswered'; readonly exchange: number; readonly isSent: boolean }

/** What the shell is to do. */
export type HttpWireOut =
  /** Post to the peer: to `url`, or where the peer is known to be. Exactly one answer, or `unanswered`, is awaited. */
  | ({ readonly kind: 'post'; readonly exchange: number; readonly url?: string } & HttpRequest)
  /** Nobody waits for that answer any more. */
  | { readonly kind: 'cancel'; readonly exchange: number }
  /** Answer a POST of the peer's. */
  | ({ readonly kind: 'respond'; readonly exchange: number } & HttpResponse)
