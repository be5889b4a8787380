/** What a network is made of, before anything runs: all of it drawn from the seed by `topology.ts`. Testing. */
import type { Asset } from '@hourglass/books'
import type { RateQuote, Ratio } from '@hourglass/connector'
import type { Relation } from '@hourglass/routing'
import type { ChainClimate } from './chain.ts'
import type { DiskClimate } from './disk.ts'
import type { WireClimate, WireKind } from './wire.ts'

export interface NetworkPlan {
  readonly shape: string
  readonly ledgers: readonly LedgerPlan[]
  readonly connectors: readonly ConnectorPlan[]
  readonly peerings: readonly PeeringPlan[]
  readonly wallets: readonly WalletPlan[]
  /** Whether connectors tell one another of routes, or know them from the start. */
  readonly isExchanging: boolean
}

/** A ledger on which one asset code is settled. */
export interface LedgerPlan {
  readonly name: string
  readonly climate: ChainClimate
}

export interface ConnectorPlan {
  readonly name: string
  readonly skewMs: number
  readonly disk: DiskClimate
  readonly rates: readonly RateQuote[]
  readonly spread: Ratio | undefined
  /** The longest that it holds money for one packet. */
  readonly holdTimeMsMax: number
  /** Name of a connector, and of the next one on the way to it. Undefined: it hears of them from its peers. */
  readonly nextHops: ReadonlyMap<string, string> | undefined
}

/** How far two ends trust each other; both keep the same limits. */
export interface Terms {
  readonly asset: Asset
  readonly balanceMax: bigint
  /** What each pays the other ahead for its packets; undefined: they settle at the threshold. */
  readonly prepay: bigint | undefined
  readonly packetAmountMax: bigint | undefined
  readonly settlement: SettlementPlan | undefined
}

export interface SettlementPlan {
  readonly ledger: string
  readonly threshold: bigint
  readonly settleTo: bigint
  /** Base units of the ledger. */
  readonly deposit: bigint
  readonly redeemThreshold: bigint | undefined
}

export interface PeeringPlan extends Terms {
  /** The two connectors; the first one connects to the second. */
  readonly ends: readonly [string, string]
  /** What the second is to the first. */
  readonly relation: Relation
  readonly wire: WireKind
  readonly climate: WireClimate
}

/** A child of one connector that pays and is paid. */
export interface WalletPlan extends Terms {
  readonly name: string
  readonly parent: string
  readonly skewMs: number
  readonly wire: WireKind
  readonly climate: WireClimate
  readonly disk: DiskClimate
  /** What it settles before it pays: its balance with the connector then begins below zero. */
  readonly prefund: bigint
}

/** One payment: base units of the payer to send, or of the payee to deliver. */
export interface PaymentPlan {
  readonly index: number
  /** Since the world began. */
  readonly afterMs: number
  readonly from: string
  readonly to: string
  /** How long each of its packets lives. */
  readonly packetLifetimeMs: number
  readonly amount: { readonly send: bigint } | { readonly deliver: bigint }
}
