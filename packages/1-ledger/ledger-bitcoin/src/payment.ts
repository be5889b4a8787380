/** A payment of ours, from the decision to its last block. Layer 1. */
import type { TransactionOutput } from './block.ts'
import type { SignedTransaction } from './draft.ts'

/** What it costs is what the transaction that was mined costs; until then the newest. */
export interface Payment {
  /** The payer's own name of it. One reference pays once. */
  readonly reference: string
  readonly outputs: readonly TransactionOutput[]
  /**
   * `kept`: signed, and not sent by us. `sent`: waits for a block. `mined`: in a block; a reorganisation takes it back
   * to `sent`. `void`: it cannot happen any more, since a coin of it was spent otherwise; nothing was paid.
   */
  readonly state: 'kept' | 'sent' | 'mined' | 'void'
  /** Id of the transaction. */
  readonly transaction: string
  /** Satoshis. */
  readonly fee: bigint
  /** Of the block that holds it. */
  readonly height: number | undefined
  /** Why a node did not take it, last; undefined: it did. For people. */
  readonly objection: string | undefined
}

/** How it stands within the wallet. */
export interface Entry {
  /** Counts the wallet's payments. */
  readonly sequence: number
  readonly reference: string
  readonly outputs: readonly TransactionOutput[]
  /** Its transaction keeps its id: no other takes its place. */
  readonly isFixed: boolean
  /** We do not send it: somebody else does, or nobody. */
  isKept: boolean
  isVoid: boolean
  /** All spend the coins of the first and possibly more, so at most one of them is ever mined. Newest last. */
  versions: SignedTransaction[]
  /** Height at which the newest one was made. */
  offeredAt: number
  /** The block that holds one of them. */
  mined: { readonly height: number; readonly txid: string } | undefined
  /** A block that holds something else with a coin of it. */
  conflictAt: number | undefined
  /** Why a node did not take it, last. */
  objection: string | undefined
  isUnderpriced: boolean
}

export function viewOf(entry: Entry): Payment {
  const { reference, outputs, mined, objection } = entry
  const version = entry.versions.find(({ txid }) => txid === mined?.txid) ?? newest(entry)
  const state = entry.isVoid ? 'void' : mined !== undefined ? 'mined' : entry.isKept ? 'kept' : 'sent'
  const { txid: transaction, fee } = version
  return { reference, outputs, state, transaction, fee, height: mined?.height, objection }
}

export function newest(entry: Entry): SignedTransaction {
  return entry.versions.at(-1)!
}

/** Whether it waits for a block. */
export function isWaiting({ isVoid, mined }: Entry): boolean {
  return !isVoid && mined === undefined
}
