/**
 * A settlement: moves value to the peer and reports value that came in. Layer 2, face.
 *
 * Amounts are running totals since the account was opened, in base units of the account's asset: a total that
 * is told twice changes nothing, so neither a crash nor a repeated message pays or credits anything twice.
 * After a restart a settlement tells its totals again.
 */
import type { CommitOutput, CommittedInput } from '@hourglass/journal'
import type { Instant, Machine, TimeoutInput, TraceOutput } from '@hourglass/sansio'
import type { LinkFailure } from './link.ts'

/** `LedgerEvent` is what its ledger tells it: `LedgerEvent` of `@hourglass/ledger` for channels. */
export type SettlementInput<LedgerEvent> =
  /** Pay the peer until it has had `total` in all. A total at or below an earlier one changes nothing. */
  | { readonly kind: 'settle'; readonly total: bigint }
  /** The peer's request under `protocol`; wants exactly one `reply` or `refuse`. */
  | { readonly kind: 'request'; readonly id: number; readonly body: Uint8Array }
  | { readonly kind: 'reply'; readonly id: number; readonly body: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: LinkFailure }
  /** The link to the peer. */
  | { readonly kind: 'up' }
  | { readonly kind: 'down' }
  | { readonly kind: 'ledger'; readonly event: LedgerEvent }
  /** Take in on the ledger all that the peer has promised, now. */
  | { readonly kind: 'collect' }
  /**
   * The peering ends, for good: nothing is paid or opened from now on, what the peer has promised is taken in, and what
   * is open is closed, so that the money comes back. Remembered over a restart once it is durable; safe to repeat.
   */
  | { readonly kind: 'end' }
  | CommittedInput
  | TimeoutInput

export type SettlementOutput<LedgerAction> =
  /** A message to the peer under `protocol`. */
  | {
      readonly kind: 'request'
      readonly id: number
      readonly body: Uint8Array
      readonly deadline: Instant
    }
  | { readonly kind: 'reply'; readonly id: number; readonly body: Uint8Array }
  | { readonly kind: 'refuse'; readonly id: number; readonly message: string }
  | { readonly kind: 'ledger'; readonly action: LedgerAction }
  /** The peer has had `total` in all from us; `reference` names the claim or transaction. */
  | { readonly kind: 'sent'; readonly total: bigint; readonly reference: string }
  /** We have had `total` in all from the peer; durable before it is told. */
  | { readonly kind: 'received'; readonly total: bigint; readonly reference: string }
  | CommitOutput
  | TraceOutput

/** One peer's settlement, as Layer 3 sees it. */
export interface Settlement<LedgerEvent, LedgerAction> extends Machine<
  SettlementInput<LedgerEvent>,
  SettlementOutput<LedgerAction>
> {
  /** Name under which its messages travel on the link. */
  readonly protocol: string
  /** What it tells an operator beside the totals: what settling has cost, say. Units end the names. */
  report?(): SettlementReport
}

export type SettlementReport = Readonly<Record<string, bigint | number | boolean>>
