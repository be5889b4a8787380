/** Limits of a BTP session, each with its reason. Layer 2. */
import { LINK_BODY_BYTES_MAX } from '@hourglass/link'

/** The largest frame that is read: the largest body, its names and some small parts beside it (BTP-55). */
export const FRAME_BYTES_MAX: number = LINK_BODY_BYTES_MAX + 1024

/** Requests of ours under way: above what a connector holds for one account. */
export const REQUESTS_MAX = 20_000

/** Requests of the peer that wait for our answer. */
export const PEER_REQUESTS_MAX = 20_000

/** So many unreadable frames in a row, and the other end does not speak BTP (X-BTP4). */
export const UNREADABLE_FRAMES_MAX = 5

/** How long either side waits for the other's part of the authentication (BTP-24, BTP-25). */
export const AUTH_TIMEOUT_MS = 10_000

/** Above this much unsent, requests of ours are refused as `full`. */
export const BUFFERED_BYTES_MAX: number = 4 * 1024 * 1024
/** Above this much unsent, which only answers add to, the peer is given up. */
export const BUFFERED_BYTES_LIMIT: number = 16 * 1024 * 1024

/** Frames that a client may send before it is authenticated (BTP-26, SEC-22): in all, and their octets. */
export const EARLY_FRAMES_MAX = 32
export const EARLY_BYTES_MAX = 131_072
