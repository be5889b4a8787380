/** What a node's process and whoever started it say to one another, in lists; both are this program. Layer 2, io. */
import type { Durability } from '@hourglass/journal'
import type { BitcoinNetwork, NodeEvent, OwnWalletNode } from '../../node.ts'
import type { InboundLimits } from '../ldk/inbound.ts'
import type { LightningErrorCode } from '../lightning-error.ts'

/** How a node's process begins. */
export interface ProcessOptions {
  readonly network: BitcoinNetwork
  /** 32 bytes: all keys of the node and its wallet follow from them. Whoever has them has the money. */
  readonly seed: Uint8Array
  /** Its journal; made where it does not exist. A copy that is older than the newest state loses the money. */
  readonly file: string
  readonly durability: Durability
  /** The chain's JSON-RPC: `http://user:password@host:port`. */
  readonly rpcUrl: string
  readonly host: string
  /** 0: one that is free, and another after each restart. */
  readonly port: number
  readonly pollMs: number
  /** Which channels peers may open. Default `INBOUND_LIMITS`. */
  readonly limits?: InboundLimits | undefined
}

export type Method = Exclude<keyof OwnWalletNode, 'listen' | 'close' | 'forgetPayment' | 'forgetReceipts'>

/** What the node need not remember any more. */
export interface Forgotten {
  readonly payments: readonly Uint8Array[]
  readonly receipts: readonly number[]
}

export type ToProcess =
  | { readonly kind: 'open'; readonly options: ProcessOptions }
  | { readonly kind: 'call'; readonly id: number; readonly method: Method; readonly args: readonly unknown[] }
  | { readonly kind: 'forget'; readonly id: number; readonly forgotten: Forgotten }
  | { readonly kind: 'close' }

export interface Failure {
  readonly code: LightningErrorCode
  readonly message: string
}

export type FromProcess =
  | { readonly kind: 'opened' }
  | { readonly kind: 'not-opened'; readonly failure: Failure }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure }
  | { readonly kind: 'event'; readonly event: NodeEvent }
  | { readonly kind: 'log'; readonly message: string }
