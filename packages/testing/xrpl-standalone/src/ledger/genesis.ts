/**
 * The account that holds all XRP in the beginning. Its key is known to everybody. Testing.
 */
import type { Entry } from '../state/entries.ts'
import { accountIndex } from '../state/indexes.ts'

export const GENESIS: { readonly address: string; readonly seed: string } = {
  address: 'rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh',
  seed: 'snoPBrXtMeMyMHUVTgbuqAfg1SUTb',
}

/** 100 thousand million XRP. */
export const GENESIS_DROPS = 100_000_000_000_000_000n

export function genesisState(): Map<string, Entry> {
  const account: Entry = {
    LedgerEntryType: 'AccountRoot',
    Account: GENESIS.address,
    Balance: String(GENESIS_DROPS),
    Flags: 0,
    OwnerCount: 0,
    PreviousTxnID: '0'.repeat(64),
    PreviousTxnLgrSeq: 0,
    Sequence: 1,
  }
  return new Map([[accountIndex(GENESIS.address), account]])
}
