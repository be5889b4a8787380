/** What goes into one end of a connection and comes out of it: the face of `StreamConnection`. Layer 4. */
import type { Address, Prepare, Reply } from '@hourglass/ilp'
import type { Crypto, Rng, TimeoutInput } from '@hourglass/sansio'
import type { AssetDetails } from '../credentials.ts'
import type { PaymentOutcome } from '../outcome.ts'
import type { Ratio } from '../ratio.ts'

export interface ConnectionOptions extends AssetDetails {
  readonly crypto: Crypto
  readonly rng: Rng
  /** Streams of a client have odd ids, those of a server even ones (STR-52). */
  readonly role: 'client' | 'server'
  /** 32 octets, known to both ends alone. */
  readonly sharedSecret: Uint8Array
  /** Where the other end is reached: a client knows, a server is told. */
  readonly destination?: Address
  /** Where this end is reached; undefined: nowhere, so all that comes back are replies. */
  readonly address?: Address
  /** Sends no packets of its own, whatever address it is told. */
  readonly isReplyOnly?: boolean
  /** What all streams together take, in base units of this end; default: any amount. */
  readonly receiveMax?: bigint
  /** What a stream takes before `receive` says otherwise; default: any amount. */
  readonly streamReceiveMax?: bigint
  /**
   * Octets of one stream that may be unread; 0: no data is taken, and what comes is ignored. At least
   * `DATA_WINDOW_BYTES_MIN`; default `DATA_WINDOW_BYTES`.
   */
  readonly dataWindowBytes?: number
  /** The part of the quoted rate that may be lost on the way; default 1/100. */
  readonly slippage?: Ratio
  /** The worst rate that money is sent for, whatever the path offers: SEC-51. */
  readonly minimumRate?: Ratio
  readonly packetLifetimeMs?: number
  /** Receipts are made for streams of this connection (IL-RFC 39). */
  readonly receipts?: ReceiptDetails
  /** Asked of each packet with money that could be taken, before it is: the application's last word (STR-117). */
  readonly judge?: (offer: MoneyOffer) => Verdict
  /** Ids of packets, where several connections share a link. */
  readonly nextId?: () => number
}

/** Money that waits for the application's word, in base units of this end. */
export interface MoneyOffer {
  readonly amount: bigint
  /** What the connection has brought before. */
  readonly received: bigint
}

/** `decline` ends the payment, as most payers see it; `later` has them try again. */
export type Verdict = 'take' | 'decline' | 'later'

export interface ReceiptDetails {
  /** 16 octets, unique world-wide. */
  readonly nonce: Uint8Array
  /** 32 octets, known to receiver and verifier alone. */
  readonly secret: Uint8Array
}

/** What an application asks of a connection. Streams that are not open are ignored: they may just have closed. */
export type ConnectionCommand =
  /** The stream sends so much in all, in base units of this end. */
  | { readonly kind: 'send'; readonly streamId: bigint; readonly total: bigint }
  /** The stream takes so much in all; never less than it said before (STR-65). */
  | { readonly kind: 'receive'; readonly streamId: bigint; readonly max: bigint }
  /** Octets for the other end, in order; the array belongs to the connection from now on. See `writable`. */
  | { readonly kind: 'write'; readonly streamId: bigint; readonly data: Uint8Array }
  /** So many octets of what came in are done with: as many more may come. */
  | { readonly kind: 'read'; readonly streamId: bigint; readonly bytes: number }
  /** The stream ends once all its data and money has arrived; with an error code at once. */
  | {
      readonly kind: 'closeStream'
      readonly streamId: bigint
      readonly code?: number
      readonly message?: string
    }
  /** All streams end in this way, then the connection. Of messages the first `MESSAGE_LENGTH_MAX` characters go out. */
  | { readonly kind: 'close'; readonly code?: number; readonly message?: string }
  /** This end is reached elsewhere from now on (STR-48). */
  | { readonly kind: 'move'; readonly address: Address }

export type ConnectionInput =
  | ConnectionCommand
  | { readonly kind: 'prepare'; readonly id: number; readonly prepare: Prepare }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  /** The link has no answer: it never sent the packet, or, where `isLost`, it cannot know. */
  | { readonly kind: 'failed'; readonly id: number; readonly isLost: boolean }
  | TimeoutInput

/** What happened on the connection. */
export type ConnectionEvent =
  /** The other end has opened a stream. */
  | { readonly kind: 'opened'; readonly streamId: bigint }
  /** Money came in; the reply that fulfills it follows. `total` counts all streams. */
  | { readonly kind: 'money'; readonly streamId: bigint; readonly amount: bigint; readonly total: bigint }
  /** Octets came in, in order. */
  | { readonly kind: 'data'; readonly streamId: bigint; readonly data: Uint8Array }
  /** The stream has sent so much in all, which came to at least `delivered`. */
  | { readonly kind: 'sent'; readonly streamId: bigint; readonly sent: bigint; readonly delivered: bigint }
  /** All that was written has arrived. */
  | { readonly kind: 'drained'; readonly streamId: bigint }
  /** The receiver's proof of what the stream has brought it, for a verifier (IL-RFC 39). */
  | { readonly kind: 'receipt'; readonly streamId: bigint; readonly receipt: Uint8Array }
  /** What the path offers; money goes out from now on. */
  | {
      readonly kind: 'quoted'
      readonly rate: Ratio
      readonly minimumRate: Ratio
      readonly asset: AssetDetails | undefined
    }
  /** No more money goes out, until `send` asks for it again. `uncertain` may have arrived. */
  | {
      readonly kind: 'stopped'
      readonly outcome: PaymentOutcome
      readonly code: string | undefined
      readonly uncertain: bigint
    }
  | {
      readonly kind: 'streamClosed'
      readonly streamId: bigint
      readonly code: number
      readonly message: string
    }
  /** The last event. `total`: all money that came in. */
  | {
      readonly kind: 'closed'
      readonly code: number
      readonly message: string
      readonly isByPeer: boolean
      readonly total: bigint
    }

export type ConnectionOutput =
  | ConnectionEvent
  | { readonly kind: 'prepare'; readonly id: number; readonly prepare: Prepare }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }

/** Why a connection ends, and since when it does. */
export interface Ending {
  readonly code: number
  readonly message: string
  readonly isByPeer: boolean
}
