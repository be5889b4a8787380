/** What goes into a payment and comes out of it: the face of `Payment`. Layer 5. */
import type { Prepare, Reply } from '@hourglass/ilp'
import type { Crypto, Rng, TimeoutInput } from '@hourglass/sansio'
import type { Credentials, PaymentAmount, Quote, Ratio } from '@hourglass/stream'
import type { PaymentEnd } from './end.ts'
import type { PaymentState } from './state.ts'

/** A payment that begins. */
export interface NewPayment {
  readonly amount: PaymentAmount
  /** The part of the quoted rate that may be lost on the way: at least 0, below 1; default 1/100. */
  readonly slippage?: Ratio
  /** The worst rate that is paid for, from a source of prices that the path cannot touch; in place of slippage. */
  readonly minimumRate?: Ratio
}

/** A payment that goes on, on the terms that were agreed on. */
export interface ResumedPayment {
  readonly state: PaymentState
}

export interface PaymentOptions {
  readonly crypto: Crypto
  readonly rng: Rng
  /** Fresh ones where the receiver gives them out; else the same as before. */
  readonly credentials: Credentials
  readonly payment: NewPayment | ResumedPayment
  /** How long a packet may be on its way. */
  readonly packetLifetimeMs?: number
}

export interface PaymentProgress {
  /** In all, by all processes: fulfilled. */
  readonly sent: bigint
  /** On its way, or lost. */
  readonly uncertain: bigint
  /** Confirmed by the receiver. */
  readonly delivered: bigint
}

export interface PaymentResult extends PaymentProgress {
  readonly end: PaymentEnd
  /** Packets that were fulfilled and carried money. */
  readonly packets: number
  /** The receiver's best proof of what this connection delivered, for a verifier (IL-RFC 39). */
  readonly receipt: Uint8Array | undefined
  /** Goes on from here; undefined where nothing was ever quoted. */
  readonly state: PaymentState | undefined
}

export type PaymentInput =
  | { readonly kind: 'start' }
  /** Goes on after `quoted`. */
  | { readonly kind: 'pay' }
  /** Sends nothing more; what is on its way is waited for. */
  | { readonly kind: 'cancel' }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  /** The link has no answer: it never sent the packet, or, where `isLost`, it cannot know. */
  | { readonly kind: 'failed'; readonly id: number; readonly isLost: boolean }
  /** The state with that id is durable. */
  | { readonly kind: 'committed'; readonly id: number }
  | TimeoutInput

export type PaymentOutput =
  | { readonly kind: 'prepare'; readonly id: number; readonly prepare: Prepare }
  /** What the path offers for what is still to be paid. */
  | { readonly kind: 'quoted'; readonly quote: Quote }
  | ({ readonly kind: 'progress' } & PaymentProgress)
  /** Better than all before. */
  | { readonly kind: 'receipt'; readonly receipt: Uint8Array }
  /** To be made durable, in place of the one before; one at a time. */
  | { readonly kind: 'commit'; readonly id: number; readonly state: PaymentState }
  /** The last output; the state is durable. */
  | { readonly kind: 'done'; readonly result: PaymentResult }
