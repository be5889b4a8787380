/** What a channel settlement is told when it is made, and what its two halves may do. Layer 2. */
import type { JournalRecord } from '@hourglass/journal'
import type { ClaimScheme, LedgerAction, LedgerEvent } from '@hourglass/ledger'
import type { SettlementOutput } from '@hourglass/link'
import type { Instant, Rng, TraceOutput } from '@hourglass/sansio'

export interface ChannelOptions {
  /** The account that is settled: names its records. */
  readonly account: string
  readonly accountScale: number
  /** `Ledger.name`, `.account` and `.scheme` of the adapter, and the asset to settle in, with its scale. */
  readonly ledgerName: string
  readonly ledgerAccount: string
  readonly scheme: ClaimScheme
  readonly asset: string
  readonly ledgerScale: number
  readonly rng: Rng
  /** What a channel of ours escrows at least, and what is added when it runs out; base units of the ledger. */
  readonly deposit: bigint
  /** Offered to the peer in our channels. */
  readonly settleDelayMs: number
  /** The least that we accept in the peer's channels: the time to notice a close and redeem. */
  readonly settleDelayMsMin: number
  /** Redeem as soon as the peer's claims exceed what the ledger has paid by as much. Undefined: only when asked. */
  readonly redeemThreshold?: bigint
}

type DistributeOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never
/** An action before it has its number. */
export type UnnumberedAction = DistributeOmit<LedgerAction, 'id'>
export type ActionEnd = Extract<LedgerEvent, { readonly kind: 'done' | 'failed' }>

/** How the halves act: everything that leaves the machine passes here. */
export interface Effects {
  /** Makes records durable, then goes on with `then`. */
  commit(records: readonly JournalRecord[], then: () => void): void
  /** Does something on the ledger; `then` hears how it ended. */
  perform(action: UnnumberedAction, then: (end: ActionEnd) => void): void
  /** Asks the peer; the answer is undefined where none came. */
  ask(body: Uint8Array, then: (answer: Uint8Array | undefined) => void): void
  emit(output: SettlementOutput<LedgerAction>): void
  trace(event: string, fields: TraceOutput['fields']): void
  /** The time of the input that is handled now. */
  readonly now: Instant
}
