/** Brings POSTs to one peer, by one version of HTTP. Layer 2, io. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'

export interface Post {
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Uint8Array
  /** One of these is called once, unless the post is cancelled: with the body, undefined where it is too large… */
  readonly answered: (status: number, headers: IncomingHttpHeaders, body: Uint8Array | undefined) => void
  /** …or with why there is none. `isSent`: the peer may have the POST all the same. */
  readonly failed: (error: Error, isSent: boolean) => void
}

export interface Carrier {
  /** Returns what cancels it: nothing is told from then on. */
  post(post: Post): () => void
  /** Ends all connections; resolves when they are gone. */
  close(): Promise<void>
}
