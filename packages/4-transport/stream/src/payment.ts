/** What goes into a payment and comes out of it: the face of `StreamSender`. Layer 4. */
import type { Prepare, Reply } from '@hourglass/ilp'
import type { Crypto, Rng, TimeoutInput } from '@hourglass/sansio'
import type { AssetDetails, Credentials } from './credentials.ts'
import type { PaymentOutcome } from './outcome.ts'
import type { PaymentAmount } from './plan.ts'
import type { Ratio } from './ratio.ts'
import type { ReceiverWord } from './receiver-word.ts'
import type { Shortfall } from './spending.ts'

export interface StreamSenderOptions {
  readonly crypto: Crypto
  readonly rng: Rng
  readonly credentials: Credentials
  readonly amount: PaymentAmount
  /** The part of the quoted rate that may be lost on the way: at least 0, below 1; default 1/100. */
  readonly slippage?: Ratio
  /** The worst rate that is paid for, from a source of prices that the path cannot touch; in place of slippage. */
  readonly minimumRate?: Ratio
  /** How long a packet may be on its way. */
  readonly packetLifetimeMs?: number
  /** That of the last packet that an earlier process sent with these credentials; default: none was (STR-13). */
  readonly lastSequence?: bigint
}

/** What the path offers; nothing has been paid yet. */
export interface Quote {
  /** Destination base units per source base unit. */
  readonly rate: Ratio
  /** The worst rate that is paid for. */
  readonly minimumRate: Ratio
  /** What the receiver says it holds; undefined where it does not say. */
  readonly asset: AssetDetails | undefined
  /** The most that is sent, in base units of the sender. */
  readonly sendMax: bigint
  /** Expected at the quoted rate, in base units of the receiver. */
  readonly deliver: bigint
  /** The least that a complete payment delivers, in base units of the receiver. */
  readonly deliverMin: bigint
  /** The largest packet that the path has let pass. */
  readonly packetAmountMax: bigint
}

export interface PaymentReport {
  readonly outcome: PaymentOutcome
  /** The ILP code that ended it, where one did. */
  readonly code: string | undefined
  /** What arrived of a packet that was worth too little: why the rate is `rate-too-low`. */
  readonly shortfall: Shortfall | undefined
  /** Fulfilled, in base units of the sender: exact. */
  readonly sent: bigint
  /** What the receiver confirmed, or at least took, in its base units. */
  readonly delivered: bigint
  /** Sent, but the link lost the answer: maybe paid, maybe not. */
  readonly uncertain: bigint
  /** Packets that were fulfilled and carried money. */
  readonly packets: number
  /** What the receiver itself has said of it. */
  readonly word: ReceiverWord
}

export type StreamSenderInput =
  /** Asks the path what it offers, and moves no money. */
  | { readonly kind: 'start' }
  /**
   * After `quoted`: goes on. In place of `start`: pays without a stop, with the first packet where what is sent and
   * the `minimumRate` are fixed; else it asks the path first.
   */
  | { readonly kind: 'pay' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  /** The link has no answer: it never sent the packet, or, where `isLost`, it cannot know. */
  | { readonly kind: 'failed'; readonly id: number; readonly isLost: boolean }
  | TimeoutInput

export type StreamSenderOutput =
  | { readonly kind: 'prepare'; readonly id: number; readonly prepare: Prepare }
  | { readonly kind: 'quoted'; readonly quote: Quote }
  | { readonly kind: 'progress'; readonly sent: bigint; readonly delivered: bigint }
  /** The receiver's proof of what has arrived, for a verifier: better than all before (IL-RFC 39). */
  | { readonly kind: 'receipt'; readonly receipt: Uint8Array }
  | { readonly kind: 'done'; readonly report: PaymentReport }
