/** What the wallet's machine takes and puts out. Layer 1. */
import type { CommitOutput, CommittedInput } from '@hourglass/journal'
import type { Outpoint, Transaction } from './block.ts'
import type { Coin } from './coin.ts'
import type { Market } from './fees.ts'
import type { Header } from './header-chain.ts'
import type { Payment } from './payment.ts'
import type { PaymentRequest, Refused } from './planner.ts'

export type WalletInput =
  /** The block after the newest one. */
  | { readonly kind: 'connected'; readonly header: Header; readonly transactions: readonly Transaction[] }
  /** The newest block is none any more. */
  | { readonly kind: 'disconnected' }
  /** None of our blocks is part of the chain: it begins again after that one. */
  | { readonly kind: 'reset'; readonly header: Header }
  /** All blocks that there are were handed in. */
  | { readonly kind: 'synced'; readonly market: Market }
  | ({ readonly kind: 'pay'; readonly id: number } & PaymentRequest)
  /** Sends what was kept. */
  | { readonly kind: 'send'; readonly id: number; readonly reference: string }
  /** Gives up what was kept and never sent, by nobody. */
  | { readonly kind: 'release'; readonly id: number; readonly reference: string }
  /** Offers more for a payment that waits. */
  | {
      readonly kind: 'bump'
      readonly id: number
      readonly reference: string
      /** Default: the market's, and at least a quarter more than before. */
      readonly satsPerVbyte: bigint | undefined
    }
  /** Somebody else spends these coins, with our signature. */
  | { readonly kind: 'lent'; readonly outpoints: readonly Outpoint[] }
  /** A node's first word on what was broadcast; `objection` is undefined where it took it. */
  | {
      readonly kind: 'answered'
      readonly txid: string
      readonly objection: string | undefined
      readonly isUnderpriced: boolean
    }
  | CommittedInput

export type WalletOutput =
  | CommitOutput
  | { readonly kind: 'broadcast'; readonly txid: string; readonly raw: Uint8Array }
  /** Answers what was asked by that id. */
  | { readonly kind: 'accepted'; readonly id: number; readonly payment: Payment }
  | ({ readonly kind: 'refused'; readonly id: number } & Refused)
  | WalletEvent

/** What the world may know. */
export type WalletEvent =
  | { readonly kind: 'payment'; readonly payment: Payment }
  /** Somebody paid us: a block holds it. */
  | { readonly kind: 'received'; readonly coin: Coin; readonly height: number }
  /** That block is none any more. The coin may come again. */
  | { readonly kind: 'lost'; readonly coin: Coin; readonly height: number }

/** In satoshis. Their sum is what we have when all our payments are in blocks. */
export interface Balance {
  /** In blocks, and spent by no payment of ours. */
  readonly confirmed: bigint
  /** Change of payments that wait for a block. */
  readonly unconfirmed: bigint
  /** Rewards of blocks that are not old enough to be spent. */
  readonly immature: bigint
}
