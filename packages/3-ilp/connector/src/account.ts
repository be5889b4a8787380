/**
 * One account: the obligations between this node and one peer, in one asset. Layer 3, connector.
 * Spec: IL-RFC 32 "Accounts and Balances". All amounts are base units of the account's asset.
 *
 * Four running totals say all; the balance is derived, so it cannot drift from them:
 *   balance = incoming − outgoing + settled − received        (positive: the peer owes us)
 */
import type { JournalRecord } from '@hourglass/journal'
import { Reader, Writer, decodeBigUint, encodeBigUint } from '@hourglass/oer'
import { DecodeError, UsageError, assert } from '@hourglass/sansio'
import type { Ratio } from './rates.ts'

/** IL-RFC 34 "Link Relations". */
export type Relation = 'peer' | 'parent' | 'child'

export interface Asset {
  /** `USD`, `ETH`, … */
  readonly code: string
  /** Base units per 1: 10^scale, 0 … 255. */
  readonly scale: number
}

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
}

/** Unanswered Prepares per account, where the options say nothing. */
export const PACKETS_IN_FLIGHT_MAX = 10_000

export class Account {
  readonly id: string
  readonly relation: Relation
  readonly asset: Asset
  readonly balanceMax: bigint
  readonly payableMax: bigint | undefined
  readonly settleThreshold: bigint | undefined
  readonly settleTo: bigint
  readonly packetAmountMax: bigint | undefined
  readonly packetsInFlightMax: number

  /** Prepares of the peer that were fulfilled, in all. */
  incoming = 0n
  /** Prepares of ours that the peer fulfilled, in all. */
  outgoing = 0n
  /** What we ordered to be settled, in all: it counts from the order on, so that nothing is ordered twice. */
  settled = 0n
  /** What the peer settled, in all. */
  received = 0n

  /** Sum of the peer's unanswered Prepares, and their number. */
  heldIncoming = 0n
  packetsInFlight = 0
  /** Sum of our unanswered Prepares. */
  heldOutgoing = 0n

  up = false
  /** Conversion into other accounts' units, found once. Undefined: no rate. */
  readonly ratios: Map<Account, Ratio | undefined>

  constructor(options: AccountOptions) {
    this.id = options.id
    this.ratios = new Map()
    this.relation = options.relation
    this.asset = options.asset
    this.balanceMax = options.balanceMax
    this.payableMax = options.payableMax
    this.settleThreshold = options.settleThreshold
    this.settleTo = options.settleTo ?? 0n
    this.packetAmountMax = options.packetAmountMax
    this.packetsInFlightMax = options.packetsInFlightMax ?? PACKETS_IN_FLIGHT_MAX
    // PCS-15: limits that contradict each other would never settle, or settle for ever.
    if (this.settleThreshold !== undefined && this.settleTo >= this.settleThreshold) {
      throw new UsageError(`account ${this.id}: settleTo must be below settleThreshold`)
    }
    if (this.payableMax !== undefined && this.payableMax < (this.settleThreshold ?? 0n)) {
      throw new UsageError(`account ${this.id}: settleThreshold must not be above payableMax`)
    }
  }

  get balance(): bigint {
    return this.incoming - this.outgoing + this.settled - this.received
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

  /** What a settlement now would move; 0 below the threshold. PCS-09 … 11, X-PCS: at the threshold it is due. */
  settlementDue(): bigint {
    const payable = -this.balance
    return this.settleThreshold === undefined || payable < this.settleThreshold ? 0n : payable - this.settleTo
  }

  /** The totals as a durable record. */
  toRecord(): JournalRecord {
    const writer = new Writer()
    writer.uint8(RECORD_VERSION)
    for (const total of [this.incoming, this.outgoing, this.settled, this.received]) {
      writer.octets(encodeBigUint(total))
    }
    return { key: accountKey(this.id), value: writer.finish() }
  }

  /** Takes the totals from a record of `toRecord`; throws where this program did not write it. */
  restore(value: Uint8Array): void {
    const reader = new Reader(value)
    if (reader.uint8() !== RECORD_VERSION) throw new DecodeError('bad-version', 0)
    this.incoming = decodeBigUint(reader.octets())
    this.outgoing = decodeBigUint(reader.octets())
    this.settled = decodeBigUint(reader.octets())
    this.received = decodeBigUint(reader.octets())
    assert(reader.remaining === 0, 'an account record ends with its totals')
  }
}

const RECORD_VERSION = 1

export function accountKey(id: string): string {
  return `account/${id}`
}
