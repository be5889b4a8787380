/**
 * A way to settle, as the composition root sees it: one ledger of the config, opened once, with a line for each
 * account that settles on it. What a settlement and its line say to one another is their own matter.
 */
import type { Journal, StoredRecord } from '@hourglass/journal'
import type { Settlement } from '@hourglass/link'
import type { AccountConfig, LedgerConfig, LedgerSettlementConfig } from '../config.ts'

export interface Settler {
  /** An account's settlement, as the journal's `records` left it, and its line to the ledger. */
  settle(account: SettledAccount, records: readonly StoredRecord[]): SettledLine
  /** What the operator is shown. Rejects where the ledger does not answer. */
  report(): Promise<LedgerReport>
  close(): Promise<void>
}

/** What opening a ledger takes beside its own config. */
export interface SettlerContext {
  /** Under `ledgers`. */
  readonly name: string
  /** The connector's. */
  readonly journal: Journal
  /** Directory of what the node keeps beside it. */
  readonly data: string
  readonly durability: 'process' | 'power'
  /** Hears, for people, what the ledger's own program says. */
  readonly log: (message: string) => void
}

export interface SettledAccount<
  Kind extends LedgerSettlementConfig['kind'] = LedgerSettlementConfig['kind'],
> {
  readonly id: AccountConfig['id']
  readonly scale: number
  readonly config: Extract<LedgerSettlementConfig, { kind: Kind }>
  /** Gets each event of the line. */
  readonly hear: (event: unknown) => void
}

export interface SettledLine {
  readonly settlement: Settlement<never, unknown>
  perform(action: unknown): void
  /** The operator says whether a payment was made whose outcome nobody else can tell. */
  decide?(isPaid: boolean): void
  /** Nothing is heard from now on. */
  close(): void
}

/** Our own account on a ledger. */
export interface LedgerReport {
  readonly kind: LedgerConfig['kind']
  /** Names the network. */
  readonly network: string
  /** Where money for settling is sent to. */
  readonly address: string
  /** What it holds outside of channels, final: base units of the ledger. */
  readonly balance: string
  readonly balanceScale: number
  /** Where a node of ours has channels. */
  readonly channels?: readonly ChannelReport[]
}

export interface ChannelReport {
  readonly channelId: string
  readonly peerId: string
  readonly state: 'opening' | 'open' | 'closing'
  /** Base units of the ledger. */
  readonly capacity: string
  /** Thousandths of them: what can be sent and received now. */
  readonly outboundMsat: string
  readonly inboundMsat: string
}
