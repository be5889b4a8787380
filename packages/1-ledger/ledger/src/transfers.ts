/**
 * Payments from account to account, beside channels: what some ledgers offer, too. Layer 1, face.
 *
 * Whoever pays chooses a reference, asks where the ledger stands, and writes both down before it pays. Then it may ask
 * again after any crash: the money moves once. Whoever is paid writes down the position of what it has credited, and
 * goes on from there after any crash: nothing is told twice and nothing left out.
 */
import type { Ledger, LedgerRefusal } from './ledger.ts'

export interface Transfer {
  /** Ledger account that is paid. */
  readonly destination: string
  /** Whom it is for at that account, where many share it; undefined: for the account itself. */
  readonly destinationTag: number | undefined
  /** `native`, or the ledger's name of another asset. */
  readonly asset: string
  /** Base units: exactly as much arrives, or nothing. */
  readonly amount: bigint
  /** 64 hex digits, chosen by the source; it uses each for one transfer. */
  readonly reference: string
}

export type TransferEnd =
  | {
      readonly kind: 'done'
      readonly transaction: string
      /** What the transaction cost us, in base units of the ledger's native asset. */
      readonly fee: bigint
    }
  /** Nothing has moved for that reference. `message` is for people. */
  | { readonly kind: 'failed'; readonly refusal: LedgerRefusal; readonly message: string }

/** A payment to our account that is final. */
export interface IncomingTransfer {
  readonly source: string
  readonly destinationTag: number | undefined
  readonly asset: string
  /** What arrived, in base units: never what was only promised. */
  readonly amount: bigint
  /** The source's, where it has one. */
  readonly reference: string | undefined
  readonly transaction: string
  /** All up to and including this one was told. */
  readonly position: string
}

export interface TransferWatch {
  /** All up to it was told; later than the last transfer's where nothing came since. */
  readonly position: string
  /** Nothing is told from now on. */
  close(): void
}

export interface Transfers {
  /** Base units per 1 of an asset: 10^scale. @throws UsageError for one that is not configured */
  assetScale(asset: string): number
  /** Where the ledger stands, in its own notation: what happens from now on is later. */
  position(): string
  /**
   * Pays, unless it has paid for that reference after `since`. Resolves when it is final, however long that takes.
   * @throws UsageError for malformed transfers, and for a reference that paid something else
   */
  pay(transfer: Transfer, since: string): Promise<TransferEnd>
  /** Tells of each payment to our account after `since`, once and in order. */
  watch(since: string, listener: (transfer: IncomingTransfer) => void): TransferWatch
}

/** A ledger that can do both. */
export interface TransferLedger extends Ledger {
  readonly transfers: Transfers
}
