/**
 * Ledger entries in the JSON form that the server's answers and metadata use. Testing.
 * An entry is never changed in place: the view replaces it.
 */

/** An issued amount: a decimal of up to 16 digits, a currency and the account that issued it. */
export interface IssuedAmount {
  readonly value: string
  readonly currency: string
  readonly issuer: string
}

/** Drops of XRP as a decimal, or an issued amount. */
export type Amount = string | IssuedAmount

interface Threaded {
  readonly PreviousTxnID?: string
  readonly PreviousTxnLgrSeq?: number
}

export interface AccountRoot extends Threaded {
  readonly LedgerEntryType: 'AccountRoot'
  readonly Account: string
  readonly Balance: string
  readonly Flags: number
  readonly OwnerCount: number
  readonly Sequence: number
  readonly RegularKey?: string
  readonly TicketCount?: number
  readonly Domain?: string
  readonly TransferRate?: number
}

export interface PayChannel extends Threaded {
  readonly LedgerEntryType: 'PayChannel'
  readonly Account: string
  readonly Destination: string
  /** All that was ever put in. */
  readonly Amount: string
  /** All that was ever paid out. */
  readonly Balance: string
  readonly PublicKey: string
  readonly SettleDelay: number
  readonly Flags: number
  readonly OwnerNode: string
  readonly DestinationNode: string
  readonly CancelAfter?: number
  readonly Expiration?: number
  readonly SourceTag?: number
  readonly DestinationTag?: number
  /** With fixIncludeKeyletFields: of the transaction that created it. */
  readonly Sequence?: number
}

/** One page of what an account owns. */
export interface DirectoryNode extends Threaded {
  readonly LedgerEntryType: 'DirectoryNode'
  readonly Flags: number
  readonly Owner: string
  readonly RootIndex: string
  /** Sorted. */
  readonly Indexes: readonly string[]
  /** Page numbers in hexadecimal; absent is the root, page 0. */
  readonly IndexNext?: string
  readonly IndexPrevious?: string
}

export interface Ticket extends Threaded {
  readonly LedgerEntryType: 'Ticket'
  readonly Account: string
  readonly Flags: number
  readonly OwnerNode: string
  readonly TicketSequence: number
}

/** A trust line; the balance is positive where the low account holds what the high one issued. */
export interface RippleState extends Threaded {
  readonly LedgerEntryType: 'RippleState'
  readonly Flags: number
  readonly Balance: IssuedAmount
  readonly LowLimit: IssuedAmount
  readonly HighLimit: IssuedAmount
  readonly LowNode: string
  readonly HighNode: string
}

export type Entry = AccountRoot | PayChannel | DirectoryNode | Ticket | RippleState

/** Bits of AccountRoot.Flags. */
export const AccountFlag = {
  passwordSpent: 0x00010000,
  requireDestinationTag: 0x00020000,
  requireAuthorization: 0x00040000,
  disallowIncomingXRP: 0x00080000,
  disableMasterKey: 0x00100000,
  noFreeze: 0x00200000,
  globalFreeze: 0x00400000,
  defaultRipple: 0x00800000,
  depositAuth: 0x01000000,
  disallowIncomingNFTokenOffer: 0x04000000,
  disallowIncomingCheck: 0x08000000,
  disallowIncomingPayChan: 0x10000000,
  disallowIncomingTrustline: 0x20000000,
  allowTrustLineLocking: 0x40000000,
  allowTrustLineClawback: 0x80000000,
} as const

export type AccountFlagName = keyof typeof AccountFlag

/** Bitwise operators give signed numbers; the ledger's are unsigned. */
export function hasFlag(entry: { readonly Flags: number }, flag: number): boolean {
  return (entry.Flags & flag) !== 0
}

export function withFlag(flags: number, flag: number, on: boolean): number {
  return (on ? flags | flag : flags & ~flag) >>> 0
}

/** A copy that lacks one field: a field set to undefined would still be there. */
export function without<Whole extends object, Name extends keyof Whole>(
  whole: Whole,
  name: Name,
): Omit<Whole, Name> {
  const kept = Object.entries(whole).filter(([field]) => field !== name)
  return Object.fromEntries(kept) as Omit<Whole, Name>
}
