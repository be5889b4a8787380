/** Limits of ILP over HTTP, each with its reason. Layer 2. */
import { LINK_BODY_BYTES_MAX } from '@hourglass/link'

/** The largest body of a request or an answer: as large as every link carries (HTTP-33, X-HTTP3). */
export const MESSAGE_BYTES_MAX: number = LINK_BODY_BYTES_MAX

/** Requests of ours under way: above what a connector holds for one account. */
export const REQUESTS_MAX = 20_000

/** Requests of the peer that wait for our answer, or whose answer waits for the peer to take it. */
export const PEER_REQUESTS_MAX = 20_000

/** Before a request or an answer is sent again: several times in the life of a packet (HTTP-18). */
export const RETRY_PAUSE_MS = 1000

/** So long we try to bring the peer an answer: packets live no longer, and senders wait no longer. */
export const ANSWER_FOR_MS = 30_000

/** So long we know a request again that comes twice; longer than any request is sent again. */
export const MEMORY_MS = 60_000
/** Requests, and octets of their answers, that are remembered at most in that time (HTTP-20). */
export const MEMORY_REQUESTS_MAX = 50_000
export const MEMORY_BYTES_MAX: number = 16 * 1024 * 1024

/** A URL for answers that the peer names: longer ones are not taken. */
export const CALLBACK_URL_LENGTH_MAX = 2048
