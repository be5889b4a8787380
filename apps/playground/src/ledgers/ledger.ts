/**
 * A ledger of this world: started for it, and asked directly, apart from what our programs say of it.
 * The check shares no code with what it checks. Amounts are base units of the ledger.
 */
import type { Asset, LedgerInput, LedgerName, NodeName } from '../cast.ts'

export const LEDGER_ASSETS: Readonly<Record<LedgerName, Asset>> = {
  /** Ether in wei. */
  evm: { code: 'ETH', scale: 18 },
  /** XRP in drops. */
  xrpl: { code: 'XRP', scale: 6 },
}

export interface WorldLedger {
  readonly name: LedgerName
  /** What a connector's config says of it. */
  config(node: NodeName): LedgerInput
  /** What the node's account holds. */
  balance(node: NodeName): Promise<bigint>
  /** What channels hold and have not paid out. */
  escrow(): Promise<bigint>
  /** What has happened since it was started. */
  activity(): Promise<Activity>
  stop(): Promise<void>
}

export interface Activity {
  /** Put into channels. */
  readonly escrowed: bigint
  /** Paid by a node's account for transactions. */
  fees(node: NodeName): bigint
}
