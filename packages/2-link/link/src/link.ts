/**
 * A link: opaque requests and replies between two peers. Layer 2, face.
 *
 * A link knows nothing of what it carries; each body is tagged with the name of the protocol that it belongs
 * to (`ilp`, `channel`, …). Each request of ours gets exactly one `reply` or `failed`, at its deadline at the
 * latest. Every request of the peer that comes out wants exactly one `reply` or `refuse`.
 */
import type { Instant, Machine, TimeoutInput } from '@hourglass/sansio'

/** The largest body that every link carries: the largest ILP packet (RFC 27) with room to spare. */
export const LINK_BODY_BYTES_MAX = 40_000

/** Why a request of ours got no reply. Only after `lost` and `broken` may the peer have acted on it. */
export type LinkFailure =
  /** Not sent: the link is down. */
  | 'down'
  /** Not sent, or sent back unread: too many requests are under way, here or at the peer. Later, there may be room. */
  | 'full'
  /** Sent, but no answer came in time or before the link went down. */
  | 'lost'
  /** The peer answered that it does not serve this request. */
  | 'refused'
  /** The peer answered that it failed, or in a way that answers nothing. */
  | 'broken'

/** What goes into a link. `Wire` is what its transport hands up: frames, HTTP exchanges, … */
export type LinkInput<Wire> =
  /** Carry a request to the peer. `id` is ours and unique among those under way. */
  | {
      readonly kind: 'request'
      readonly id: number
      readonly protocol: string
      readonly body: Uint8Array
      /** When to give up: `failed` with `lost`. */
      readonly deadline: Instant
    }
  /** Answer the peer's request with that id. Late or repeated answers are ignored. */
  | { readonly kind: 'reply'; readonly id: number; readonly body: Uint8Array }
  /** Tell the peer that its request is not served here. */
  | { readonly kind: 'refuse'; readonly id: number; readonly message: string }
  | { readonly kind: 'wire'; readonly wire: Wire }
  | TimeoutInput

/** What comes out of a link. */
export type LinkOutput<Wire> =
  /** The peer asks. `body` is a view that the reader owns from now on. */
  | {
      readonly kind: 'request'
      readonly id: number
      readonly protocol: string
      readonly body: Uint8Array
    }
  | { readonly kind: 'reply'; readonly id: number; readonly body: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: LinkFailure }
  | { readonly kind: 'wire'; readonly wire: Wire }
  /** The peer can be reached from now on. */
  | { readonly kind: 'up' }
  | { readonly kind: 'down' }

/** One peer's link, as Layer 3 sees it. */
export type Link<WireIn, WireOut> = Machine<LinkInput<WireIn>, LinkOutput<WireOut>>
