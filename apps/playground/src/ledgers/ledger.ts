/**
 * A ledger of this world: started for it, and asked directly, apart from what our programs say of it.
 * The check shares no code with what it checks. Amounts are base units of the ledger.
 */
import type { Asset, LedgerInput, LedgerName, NodeName, Ports } from '../cast.ts'

export const LEDGER_ASSETS: Readonly<Record<LedgerName, Asset>> = {
  /** Bitcoin in satoshi. */
  bitcoin: { code: 'BTC', scale: 8 },
  /** Ether in wei. */
  evm: { code: 'ETH', scale: 18 },
  /** XRP in drops. */
  xrpl: { code: 'XRP', scale: 6 },
}

export interface WorldLedger {
  readonly name: LedgerName
  /** What a connector's config says of it. */
  config(node: NodeName, ports: Ports): LedgerInput
  /** For ledgers on which a node has its account from itself: it is up, has this address, and needs money. */
  welcome?(node: NodeName, address: string): Promise<void>
  /** What the node's account holds. */
  balance(node: NodeName): Promise<bigint>
  /** What channels hold and have not paid out. */
  escrow(): Promise<bigint>
  /** What has happened since it was started. */
  activity(): Promise<Activity>
  stop(): Promise<void>
}

export interface Activity {
  /** Of our nodes. */
  readonly transactions: number
  /** Put into channels, less what the same node took out of them. */
  readonly escrowed: bigint
  /** Channels that have ended: each pays whole base units, and what is below one is nobody's. */
  readonly closedChannels: number
  /** Paid by a node's account for transactions. */
  fees(node: NodeName): bigint
}
