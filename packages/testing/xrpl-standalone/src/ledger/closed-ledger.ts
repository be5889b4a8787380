/**
 * A closed ledger. In this stand-alone server each closed ledger is validated at once. Testing.
 */
import type { Result } from '../engine/results.ts'
import type { Transaction } from '../engine/transaction.ts'
import type { Entry } from '../state/entries.ts'
import { sha512Half } from '../state/indexes.ts'
import type { Metadata } from '../state/metadata.ts'

export interface AppliedTransaction {
  readonly transaction: Transaction
  readonly result: Result
  readonly feePaid: bigint
  readonly metadata: Metadata
}

export interface LedgerHeader {
  readonly index: number
  readonly hash: string
  readonly parentHash: string
  readonly accountHash: string
  readonly transactionHash: string
  /** Seconds since 2000. */
  readonly closeTime: number
  readonly parentCloseTime: number
  /** Drops that exist; fees destroy some. */
  readonly totalCoins: bigint
}

export interface ClosedLedger extends LedgerHeader {
  readonly transactions: readonly AppliedTransaction[]
  /** What this ledger replaced, by index: lets older states be read. */
  readonly replaced: ReadonlyMap<string, Entry | undefined>
}

const NO_TRANSACTIONS = '0'.repeat(64)

/**
 * Hashes a header. The roots are plain hash chains over the transactions, not the trees of the real server:
 * they tell ledgers apart and prove nothing.
 */
export function sealHeader(
  parent: LedgerHeader,
  header: Pick<LedgerHeader, 'closeTime' | 'totalCoins'>,
  transactionHashes: readonly string[],
): LedgerHeader {
  const transactionHash = transactionHashes.length === 0 ? NO_TRANSACTIONS : sha512Half(...transactionHashes)
  const accountHash = sha512Half(parent.accountHash, transactionHash)
  const index = parent.index + 1
  const numbers = [index, parent.closeTime, header.closeTime].map((value) =>
    value.toString(16).padStart(8, '0'),
  )
  const coins = header.totalCoins.toString(16).padStart(16, '0')
  return {
    ...header,
    index,
    accountHash,
    transactionHash,
    parentHash: parent.hash,
    parentCloseTime: parent.closeTime,
    // `LWR\0`
    hash: sha512Half('4C575200', ...numbers, coins, parent.hash, transactionHash, accountHash),
  }
}

/** The header that a fresh chain starts from. */
export function firstHeader(index: number, closeTime: number, totalCoins: bigint): LedgerHeader {
  const seed = sha512Half(closeTime.toString(16).padStart(8, '0'))
  const before: LedgerHeader = {
    index: index - 1,
    hash: seed,
    parentHash: NO_TRANSACTIONS,
    accountHash: seed,
    transactionHash: NO_TRANSACTIONS,
    closeTime: 0,
    parentCloseTime: 0,
    totalCoins,
  }
  return sealHeader(before, { closeTime, totalCoins }, [])
}
