/**
 * One account: its book, its limits, and what this node knows of the peer behind it. Layer 3, connector.
 * Spec: IL-RFC 32 "Accounts and Balances". All amounts are base units of the account's asset.
 */
import { AccountBook, type Asset } from '@hourglass/books'
import { UsageError } from '@hourglass/sansio'
import type { Conversion } from './rates.ts'

/** IL-RFC 34 "Link Relations". */
export type Relation = 'peer' | 'parent' | 'child'

export interface AccountOptions {
  /** Unique in the node; the address segment of a child. */
  readonly id: string
  readonly relation: Relation
  readonly asset: Asset
  /** The most that the peer may owe us, holds included. */
  readonly balanceMax: bigint
  /** The most that we may owe the peer, holds included. Undefined: no limit of ours. */
  readonly payableMax?: bigint
  /** Settle as soon as we owe the peer as much (X-PCS). Undefined: never. */
  readonly settleThreshold?: bigint
  /** What we still owe after a settlement; below the threshold. */
  readonly settleTo?: bigint
  /** Largest packet, both ways. Undefined: no limit. */
  readonly packetAmountMax?: bigint
  /** Unanswered Prepares that the peer may have here. */
  readonly packetsInFlightMax?: number
  /** What may be written off, in all, of packets whose Fulfill reached the peer too late. Default 0: nothing. */
  readonly writeOffMax?: bigint
}

/** Unanswered Prepares per account, where the options say nothing. */
export const PACKETS_IN_FLIGHT_MAX = 10_000

export class Account extends AccountBook {
  readonly relation: Relation
  readonly balanceMax: bigint
  readonly payableMax: bigint | undefined
  readonly settleThreshold: bigint | undefined
  readonly settleTo: bigint
  readonly packetAmountMax: bigint | undefined
  readonly packetsInFlightMax: number
  readonly writeOffMax: bigint

  /** Prepares of the peer that we have to answer. */
  packetsInFlight = 0
  /** Whether the peer answered the last time that it was asked what became of packets; undefined: never yet. */
  reconciles: boolean | undefined
  /** Conversion into other accounts' units, found once. Undefined: no rate. */
  readonly conversions: Map<Account, Conversion | undefined> = new Map<Account, Conversion | undefined>()

  constructor(options: AccountOptions) {
    super(options.id, options.asset)
    this.relation = options.relation
    this.balanceMax = options.balanceMax
    this.payableMax = options.payableMax
    this.settleThreshold = options.settleThreshold
    this.settleTo = options.settleTo ?? 0n
    this.packetAmountMax = options.packetAmountMax
    this.packetsInFlightMax = options.packetsInFlightMax ?? PACKETS_IN_FLIGHT_MAX
    this.writeOffMax = options.writeOffMax ?? 0n
    // PCS-15: limits that contradict each other would never settle, or settle for ever.
    if (this.settleThreshold !== undefined && this.settleTo >= this.settleThreshold) {
      throw new UsageError(`account ${this.id}: settleTo must be below settleThreshold`)
    }
    if (this.payableMax !== undefined && this.payableMax < (this.settleThreshold ?? 0n)) {
      throw new UsageError(`account ${this.id}: settleThreshold must not be above payableMax`)
    }
  }

  /** Whether the peer may owe us that much more (PCS-05 … 07); nothing is asked of empty packets (PCS-20). */
  mayOwe(amount: bigint): boolean {
    return amount === 0n || this.balance + this.heldIncoming + amount <= this.balanceMax
  }

  /** Whether we may owe the peer that much more (PCS-22, SEC-35): asked before the packet goes out. */
  mayBeOwed(amount: bigint): boolean {
    if (amount === 0n || this.payableMax === undefined) return true
    return amount + this.heldOutgoing - this.balance <= this.payableMax
  }

  /**
   * What a settlement now would move; 0 below the threshold. PCS-09 … 11, X-PCS: at the threshold it is due.
   * It leaves room for the peer's packets under way: they were let in because we owed it so much.
   */
  settlementDue(): bigint {
    if (this.settleThreshold === undefined) return 0n
    const { balance } = this
    if (-balance < this.settleThreshold) return 0n
    const wanted = -balance - this.settleTo
    const room = this.balanceMax - balance - this.heldIncoming
    return wanted <= room ? wanted : room > 0n ? room : 0n
  }
}
