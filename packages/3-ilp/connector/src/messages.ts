/**
 * What goes into the connector and what comes out. Layer 3, connector.
 */
import type { Asset } from '@hourglass/books'
import type { Address } from '@hourglass/ilp'
import type { CommitOutput, CommittedInput } from '@hourglass/journal'
import type { LinkFailure } from '@hourglass/link'
import type { ExchangeOptions } from '@hourglass/routing'
import type { Crypto, Instant, TimeoutInput, TraceOutput } from '@hourglass/sansio'
import type { AccountOptions } from './account.ts'
import type { RateTable } from './rates.ts'
import type { Settings } from './settings.ts'

/** The link protocol under which packets travel. */
export const ILP_PROTOCOL = 'ilp'

export interface ConnectorOptions extends Settings {
  /** This node's own address. Undefined: its parent says it, of the first account with that relation. */
  readonly address?: Address | undefined
  readonly crypto: Crypto
  /** How routes are exchanged with peers. Undefined: they are not, and the routes are those set here. */
  readonly routing?: ExchangeOptions | undefined
  /** Unanswered Prepares of all accounts together: with more, new ones are refused at once (RISK-03). */
  readonly packetsInFlightMax?: number | undefined
  /** What an account that the journal alone knows may do; undefined: nothing, for its peer is gone. */
  readonly adopt?: ((id: string, asset: Asset) => AccountOptions | undefined) | undefined
  /** Whether each packet leaves a trace: for people who watch, too dear under load. */
  readonly tracePackets?: boolean
}

export type ConnectorInput =
  /** The peer of `account` asks; wants exactly one `reply` or `refuse` with that id. */
  | {
      readonly kind: 'request'
      readonly account: string
      readonly id: number
      readonly protocol: string
      readonly body: Uint8Array
    }
  /** The answer to a request of ours. */
  | { readonly kind: 'reply'; readonly id: number; readonly body: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: LinkFailure }
  | { readonly kind: 'up' | 'down'; readonly account: string }
  | SettlementInput
  /** Whether records can be made durable: while they cannot, no packet is taken. */
  | { readonly kind: 'store'; readonly isWorking: boolean }
  /** Other accounts, routes and rates from now on. Throws UsageError, and changes nothing, where they have problems. */
  | { readonly kind: 'change'; readonly settings: Settings }
  /** Whether packets are forwarded: those in flight end as ever (CONN-41, RISK-14). */
  | { readonly kind: 'forwarding'; readonly isOn: boolean }
  /** A source of rates has spoken; of several the one with the lowest rank that knows both assets counts. */
  | { readonly kind: 'rates'; readonly rank: number; readonly table: RateTable }
  /** One account more, which is in no settings: it stays when they change. */
  | { readonly kind: 'join'; readonly account: AccountOptions }
  /** Ask this peer again what became of packets. */
  | { readonly kind: 'reconcile'; readonly account: string }
  | ({ readonly kind: 'decide'; readonly hold: number } & Decision)
  | CommittedInput
  | TimeoutInput

/** How an operator ends a hold that no peer can decide. */
export type Decision =
  /** It was fulfilled: this shows it. */
  | { readonly outcome: 'post'; readonly fulfillment: Uint8Array }
  /** The next peer is paid and the payer is not charged: the loss is ours. */
  | { readonly outcome: 'pay' }
  | { readonly outcome: 'void' }

/** The peer has settled `total` in all, or has had as much from us. */
export interface SettlementInput {
  readonly kind: 'received' | 'sent'
  readonly account: string
  readonly total: bigint
  readonly reference: string
}

export type ConnectorOutput =
  | {
      readonly kind: 'request'
      readonly account: string
      readonly id: number
      readonly protocol: string
      readonly body: Uint8Array
      readonly deadline: Instant
    }
  | {
      readonly kind: 'reply'
      readonly account: string
      readonly id: number
      readonly body: Uint8Array
    }
  | {
      readonly kind: 'refuse'
      readonly account: string
      readonly id: number
      readonly message: string
    }
  /** Settle until the peer has had `total` in all; told again after a restart. */
  | { readonly kind: 'settle'; readonly account: string; readonly total: bigint }
  /** Nothing of that account is open any more, and its peer is not listened to. */
  | { readonly kind: 'left'; readonly account: string }
  | CommitOutput
  | TraceOutput
