/** The way to the first node, as a payment needs it. Layer 5, io. */
import type { LinkFailure } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'

/** What becomes of a request: the peer's reply, or why there is none. */
export type LinkAnswer = { readonly body: Uint8Array } | { readonly failure: LinkFailure }

export interface PacketLink {
  /** Carries an ILP packet; `done` is called exactly once, at the deadline at the latest. */
  request(packet: Uint8Array, deadline: Instant, done: (answer: LinkAnswer) => void): void
}
