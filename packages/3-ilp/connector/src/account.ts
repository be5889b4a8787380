/**
 * One account: its book, its limits, and what this node knows of the peer behind it. Layer 3, connector.
 * Spec: IL-RFC 32 "Accounts and Balances". All amounts are base units of the account's asset.
 */
import { AccountBook, type Asset } from '@hourglass/books'
import { CircuitBreaker, type PeerRouting, type Relation } from '@hourglass/routing'
import { UsageError } from '@hourglass/sansio'
import { type Echo, type EchoOptions, echo } from './echo.ts'
import { type Limits, contradictionIn } from './limits.ts'
import type { Conversion } from './ratio.ts'
import { Conditions } from './rules/duplicates.ts'
import { EXPIRY_MARGIN_MS, type ExpiryWindow, HOLD_TIME_MS_MAX } from './rules/expiry.ts'
import { type AccountRules, type RuleOptions, rulesOf } from './rules/of-account.ts'

type Optional<T> = { readonly [Name in keyof T]?: T[Name] | undefined }

export interface AccountOptions extends Limits, RuleOptions, Optional<ExpiryWindow> {
  /** Unique in the node; the address segment of a child. */
  readonly id: string
  readonly relation: Relation
  readonly asset: Asset
  /** Largest packet, both ways. Undefined: no limit. */
  readonly packetAmountMax?: bigint | undefined
  /** Smallest packet with money, both ways. Default: 1. */
  readonly packetAmountMin?: bigint | undefined
  /** Unanswered Prepares that the peer may have here. */
  readonly packetsInFlightMax?: number | undefined
  /** What may be written off, in all, of packets whose Fulfill reached the peer too late. Default 0: nothing. */
  readonly writeOffMax?: bigint | undefined
  /** Whether packets may go back to the account that they came from. Default: no. */
  readonly reflects?: boolean | undefined
  /** What of packets to our own address is sent back. Default: nothing. */
  readonly echo?: EchoOptions | undefined
  /** What the peer and this node tell one another of routes, where routes are exchanged at all. */
  readonly routing?: PeerRouting | undefined
}

/** Packets that ended since the node started: the peer's, and ours to the peer. */
export interface PacketCounts {
  incomingFulfilled: number
  incomingRejected: number
  outgoingFulfilled: number
  outgoingRejected: number
}

/** Unanswered Prepares per account, where the options say nothing. */
export const PACKETS_IN_FLIGHT_MAX = 10_000

export class Account extends AccountBook {
  relation: Relation
  routing: PeerRouting = {}
  /** Whether the peer answers packets. */
  readonly breaker: CircuitBreaker = new CircuitBreaker()
  /** See `roster.ts`. */
  state: 'open' | 'leaving' | 'retired' = 'open'
  /** It came by itself and is in no settings. */
  isUnlisted = false
  balanceMax = 0n
  payableMax: bigint | undefined
  settleThreshold: bigint | undefined
  settleTo = 0n
  prepay: bigint | undefined
  packetAmountMax: bigint | undefined
  packetAmountMin = 1n
  packetsInFlightMax: number = PACKETS_IN_FLIGHT_MAX
  writeOffMax = 0n
  reflects = false
  window: ExpiryWindow = { expiryMarginMs: EXPIRY_MARGIN_MS, holdTimeMsMax: HOLD_TIME_MS_MAX }
  rules: AccountRules = { arriving: [], incoming: [], outgoing: [] }
  echo: Echo | undefined

  readonly counts: PacketCounts = {
    incomingFulfilled: 0,
    incomingRejected: 0,
    outgoingFulfilled: 0,
    outgoingRejected: 0,
  }
  /** Prepares of the peer that we have to answer. */
  packetsInFlight = 0
  /** Their conditions, where a rule asks for them. */
  openConditions: Conditions | undefined
  /** Whether the peer answered the last time that it was asked what became of packets; undefined: never yet. */
  reconciles: boolean | undefined
  #terms = ''
  /** Conversions into other accounts' units, as they were found. */
  readonly conversions: Map<Account, Conversion> = new Map<Account, Conversion>()

  /** @throws UsageError where its limits contradict each other */
  constructor(options: AccountOptions) {
    super(options.id, options.asset)
    this.relation = options.relation
    this.configure(options)
  }

  /** Takes other terms. What rules remember is kept where nothing changes. @throws UsageError as the constructor */
  configure(options: AccountOptions): void {
    // PCS-15: limits that contradict each other would never settle, or settle for ever.
    const contradiction = contradictionIn(options)
    if (contradiction !== undefined) throw new UsageError(`account ${this.id}: ${contradiction}`)
    this.state = 'open'
    const terms = JSON.stringify(options, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    if (terms === this.#terms) return
    this.#terms = terms
    this.relation = options.relation
    this.routing = options.routing ?? {}
    this.rules = rulesOf(options)
    this.echo = echo(options.echo)
    this.reflects = options.reflects ?? false
    this.openConditions =
      options.refusesDuplicates === true ? (this.openConditions ?? new Conditions()) : undefined
    const { expiryMarginMs = EXPIRY_MARGIN_MS, holdTimeMsMax = HOLD_TIME_MS_MAX } = options
    this.window = { expiryMarginMs, holdTimeMsMax }
    this.#limit(options)
  }

  #limit(options: AccountOptions): void {
    this.balanceMax = options.balanceMax
    this.payableMax = options.payableMax
    this.settleThreshold = options.settleThreshold
    this.settleTo = options.settleTo ?? 0n
    this.prepay = options.prepay
    this.packetAmountMax = options.packetAmountMax
    this.packetAmountMin = options.packetAmountMin ?? 1n
    this.packetsInFlightMax = options.packetsInFlightMax ?? PACKETS_IN_FLIGHT_MAX
    this.writeOffMax = options.writeOffMax ?? 0n
  }

  /** A Prepare of the peer has gone on, and wants an answer. */
  packetSent(executionCondition: Uint8Array): void {
    this.packetsInFlight++
    this.openConditions?.add(executionCondition)
  }

  packetAnswered(executionCondition: Uint8Array): void {
    this.packetsInFlight--
    this.openConditions?.delete(executionCondition)
  }

  /** Whether the peer may owe us that much more (PCS-05 … 07); nothing is asked of empty packets (PCS-20). */
  mayOwe(amount: bigint): boolean {
    return amount === 0n || this.balance + this.heldIncoming + amount <= this.balanceMax
  }

  /** Whether we may owe the peer that much more (PCS-22, SEC-35): asked before the packet goes out. */
  mayBeOwed(amount: bigint): boolean {
    if (amount === 0n) return true
    // Money on its way does not count: the peer would refuse what it has not been paid.
    if (this.prepay !== undefined) return amount + this.heldOutgoing <= this.sent - this.outgoing
    return this.payableMax === undefined || amount + this.heldOutgoing - this.balance <= this.payableMax
  }

  /** The largest packet that can go out. Half of what is paid ahead is there, or comes, whatever went before. */
  get outgoingAmountMax(): bigint | undefined {
    if (this.prepay === undefined) return this.packetAmountMax
    const half = this.prepay / 2n
    return this.packetAmountMax !== undefined && this.packetAmountMax < half ? this.packetAmountMax : half
  }

  /**
   * What a settlement now would move. It leaves room for the peer's packets under way: they were let in because
   * we owed it so much.
   */
  settlementDue(): bigint {
    const wanted = this.#settlementWanted()
    const room = this.balanceMax - this.balance - this.heldIncoming
    return wanted <= room ? wanted : room > 0n ? room : 0n
  }

  #settlementWanted(): bigint {
    const paidAhead = this.settled - this.outgoing
    if (this.prepay !== undefined) return paidAhead > this.prepay / 2n ? 0n : this.prepay - paidAhead
    if (this.settleThreshold === undefined) return 0n
    // What the peer has paid ahead for its packets is not sent back to it.
    const owed = -this.balance < -paidAhead ? -this.balance : -paidAhead
    // PCS-09 … 11, X-PCS: at the threshold it is due.
    return owed < this.settleThreshold ? 0n : owed - this.settleTo
  }
}
