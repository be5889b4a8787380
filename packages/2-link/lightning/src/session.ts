/**
 * A Lightning node, as one account's settlement sees it: actions in, events out. Layer 2.
 * All actions are safe to repeat, so that whoever crashed before the answer asks again.
 */
import type { ChannelInfo, Keysend, NodeAddress } from './node.ts'

export type LightningAction =
  /** Keeps a connection to the peer's node. Once it is there, as `inspect`. */
  | { readonly kind: 'reach'; readonly peer: NodeAddress }
  /** Ends the connection, and the will to have one. */
  | { readonly kind: 'leave'; readonly peerId: string }
  /** Pays once for each preimage, however often it is told: one `paid` or `unpaid` each time. */
  | { readonly kind: 'pay'; readonly payment: Keysend }
  /** As `pay`, by an invoice: `hash` is its own. */
  | { readonly kind: 'pay-invoice'; readonly hash: Uint8Array; readonly invoice: string }
  /** Answered with `invoice`. */
  | {
      readonly kind: 'make-invoice'
      readonly id: number
      readonly amountMsat: bigint
      readonly expiryS: number
    }
  /** Reports payments that came in by these hashes, and were not let go of; from now on each one that comes. */
  | { readonly kind: 'watch-invoices'; readonly hashes: readonly Uint8Array[] }
  /** Nobody will pay it any more. */
  | { readonly kind: 'forget-invoice'; readonly hash: Uint8Array }
  /** Lets go of a payment whose end is durable here. */
  | { readonly kind: 'forget-payment'; readonly hash: Uint8Array }
  /** Reports payments that came in for this reference, and were not let go of; from now on each one that comes. */
  | { readonly kind: 'watch'; readonly reference: Uint8Array }
  /** Lets go of payments that came in: their credit is durable here. Answered with `forgotten`. */
  | { readonly kind: 'forget-receipt'; readonly index: number; readonly hash: Uint8Array }
  /** Reports the liquidity with a peer now, and after each change of a channel. */
  | { readonly kind: 'inspect'; readonly peerId: string }
  /** Opens a channel to the peer. */
  | { readonly kind: 'open'; readonly peerId: string; readonly capacitySat: bigint }
  /** Closes channels with the peer, by agreement or by force, so that what they hold comes into the wallet. */
  | {
      readonly kind: 'close'
      readonly peerId: string
      readonly channelIds: readonly string[]
      readonly isForced: boolean
    }

export interface Liquidity {
  readonly peerId: string
  /** All channels with it that are not closed. */
  readonly channels: readonly ChannelInfo[]
  /** What the wallet holds, confirmed. */
  readonly walletSat: bigint
}

export type LightningEvent =
  /** By the hash of the preimage. Final. */
  | { readonly kind: 'paid'; readonly hash: Uint8Array; readonly feeMsat: bigint }
  /** The money has not moved, and will not. */
  | { readonly kind: 'unpaid'; readonly hash: Uint8Array; readonly reason: string }
  | {
      readonly kind: 'receipt'
      readonly index: number
      readonly hash: Uint8Array
      readonly amountMsat: bigint
      /** The whole reference that came with it; undefined: it came by an invoice that is watched. */
      readonly reference: Uint8Array | undefined
    }
  /** Undefined: the node makes none. */
  | { readonly kind: 'invoice'; readonly id: number; readonly invoice: string | undefined }
  | { readonly kind: 'forgotten'; readonly hash: Uint8Array }
  | { readonly kind: 'liquidity'; readonly liquidity: Liquidity }
