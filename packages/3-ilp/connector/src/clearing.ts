/**
 * How packets end: in the books, behind the gate, with a reply to where they came from. Layer 3, connector.
 * Spec: IL-RFC 32 "Clearing", "Settlement".
 */
import type { Books, Hold } from '@hourglass/books'
import { type Address, PacketType, encodeReject } from '@hourglass/ilp'
import type { CommitOutput } from '@hourglass/journal'
import { type Crypto, type Instant, Queue, equalBytes } from '@hourglass/sansio'
import type { Account } from './account.ts'
import { CommitGate } from './commit-gate.ts'
import type { Forwarded } from './forward.ts'
import type { ConnectorOutput, SettlementInput } from './messages.ts'
import type { OwnAddress } from './own-address.ts'
import { gainsOf } from './ratio.ts'
import { type Rejected, Rejections } from './rejections.ts'
import type { Refusal } from './rules/rule.ts'
import { Traces } from './traces.ts'

/** A Prepare that we sent on and that nobody has answered yet. */
export interface Pending extends Forwarded {
  readonly source: Account
  /** Id of the source's request. */
  readonly sourceId: number
  /** Where the packet wants to. */
  readonly address: Address
  readonly incomingAmount: bigint
  readonly executionCondition: Uint8Array
  /** Undefined: no money is in it. */
  readonly hold: Hold<Account> | undefined
}

type ReplyOutput = Extract<ConnectorOutput, { kind: 'reply' }>

export interface ClearingOptions {
  readonly own: OwnAddress
  readonly crypto: Crypto
  readonly books: Books<Account>
  readonly tracePackets: boolean
}

export const NOTHING: Uint8Array = new Uint8Array(0)
/** What is found out later is booked at what was held: the rates of that time are gone. */
const NO_GAINS = { spread: 0n, rounding: 0n }

export class Clearing {
  readonly books: Books<Account>
  readonly outputs: Queue<ConnectorOutput> = new Queue<ConnectorOutput>()
  readonly traces: Traces = new Traces(this.outputs)
  readonly rejections: Rejections = new Rejections()
  readonly #own: OwnAddress
  readonly #crypto: Crypto
  readonly #tracePackets: boolean
  readonly #gate: CommitGate<ConnectorOutput>
  #lastId = 0
  /** When the input that is being dealt with came in. */
  #now: Instant = 0

  constructor({ own, crypto, books, tracePackets }: ClearingOptions) {
    this.books = books
    this.#own = own
    this.#crypto = crypto
    this.#tracePackets = tracePackets
    this.#gate = new CommitGate(books)
  }

  /** To be called before an input is dealt with. */
  begin(now: Instant): void {
    this.#now = now
  }

  /** An id for the next request of ours, above those of all holds. */
  nextId(): number {
    this.#lastId = Math.max(this.#lastId, this.books.lastId) + 1
    return this.#lastId
  }

  /** Puts out what shows money once that is durable; what shows none goes at once. */
  reveal(isMoney: boolean, output: Exclude<ConnectorOutput, CommitOutput>): void {
    if (isMoney) this.#gate.hide(output)
    else this.outputs.push(output)
  }

  /** To be called when an input has been dealt with: commits what it changed. */
  move(now: Instant): void {
    this.#gate.move(this.outputs, now)
  }

  /** Requests whose time was over before they could go out: their ids. They never will. */
  takeExpired(now: Instant): number[] {
    const expired = this.#gate.takeBack((output) => output.kind === 'request' && output.deadline <= now)
    return expired.map((output) => (output as { id: number }).id)
  }

  /** When the first request expires that cannot go out yet. */
  nextExpiry(): Instant | undefined {
    return this.#gate.earliest((output) => (output.kind === 'request' ? output.deadline : undefined))
  }

  /** Whether something waits to be durable before that account's peer is shown it. */
  isAnyHidden({ id }: Account): boolean {
    return this.#gate.hides((output) => 'account' in output && output.account === id)
  }

  committed(id: number): void {
    this.#gate.committed(id, this.outputs)
  }

  fits(fulfillment: Uint8Array, { executionCondition }: { executionCondition: Uint8Array }): boolean {
    return equalBytes(this.#crypto.sha256(fulfillment), executionCondition)
  }

  /** Books a fulfilled packet on both accounts, and the settlement that it makes due. */
  post({ hold, incomingAmount, amount, conversion }: Pending, fulfillment: Uint8Array): void {
    if (hold === undefined) return
    this.books.post(hold, fulfillment, gainsOf(incomingAmount, amount, conversion))
    this.#settleDue(hold)
  }

  /** Books a packet whose payer does not wait any more, and asks for itself what became of it. */
  postUnasked(hold: Hold<Account>, fulfillment: Uint8Array): void {
    this.books.post(hold, fulfillment, NO_GAINS)
    this.#settleDue(hold)
  }

  /** Ends a packet of which nothing was paid and whose payer does not wait any more. */
  voidUnasked(hold: Hold<Account>): void {
    this.books.void(hold)
    this.settleDue(hold.source)
  }

  /** Nothing was paid, as is certain: gives the money back and says why. */
  refuse(pending: Pending, refusal: Refusal): void {
    this.void(pending)
    pending.destination.counts.outgoingRejected++
    this.reject(pending.source, pending.sourceId, refusal, packetOf(pending))
  }

  /** Nothing is paid, though the next peer may see it otherwise: as `refuse`, but shown once that is durable. */
  fail(pending: Pending, refusal: Refusal): void {
    this.void(pending)
    this.rejectDurably(pending, refusal)
  }

  /** Tells the payer that nothing is paid once that is durable: after a crash nobody shall find otherwise. */
  rejectDurably(pending: Pending, refusal: Refusal): void {
    const { source, sourceId, hold } = pending
    pending.destination.counts.outgoingRejected++
    this.reveal(hold !== undefined, this.#rejection(source, sourceId, refusal))
    this.#note(source, refusal, packetOf(pending))
  }

  void({ hold }: Pending): void {
    if (hold !== undefined) this.voidUnasked(hold)
  }

  reject(source: Account, id: number, refusal: Refusal, packet?: Rejected): void {
    this.outputs.push(this.#rejection(source, id, refusal))
    this.#note(source, refusal, packet)
  }

  /** Sends a reply back to where the packet came from: at once, or when what it reveals is durable. */
  relay(pending: Pending, body: Uint8Array): void {
    const { source, sourceId: id, hold, destination } = pending
    const isFulfilled = body[0] === PacketType.Fulfill
    if (isFulfilled) {
      source.counts.incomingFulfilled++
      destination.counts.outgoingFulfilled++
    } else {
      source.counts.incomingRejected++
      destination.counts.outgoingRejected++
    }
    const isMoney = hold !== undefined && isFulfilled
    this.reveal(isMoney, { kind: 'reply', account: source.id, id, body })
    if (this.#tracePackets) this.traces.packet(pending, body)
  }

  /** Tells the account's settlement again what it is to have paid in all. */
  settle({ id: account, settled: total }: Account): void {
    this.reveal(true, { kind: 'settle', account, total })
  }

  /** Books what the settlement reports. */
  handleSettlement(account: Account, { kind, total, reference }: SettlementInput, now: Instant): void {
    const amount = this.books[kind](account, total, reference, now)
    if (amount === 0n) return
    this.traces.add(`connector.settlement-${kind}`, { account: account.id, amount, reference })
    // What the peer has paid makes room for what we pay ahead.
    this.settleDue(account)
  }

  #rejection({ id: account }: Account, id: number, { code, message, data }: Refusal): ReplyOutput {
    const body = encodeReject({ code, triggeredBy: this.#own.address ?? '', message, data: data ?? NOTHING })
    return { kind: 'reply', account, id, body }
  }

  /** Counts it, and keeps why, for those who ask later. */
  #note({ id: account, counts }: Account, refusal: Refusal, packet: Rejected | undefined): void {
    counts.incomingRejected++
    const rejection = this.rejections.note(account, refusal, packet, this.#now)
    if (!this.#tracePackets) return
    const { code, message, rule } = refusal
    const amount = packet?.amount ?? 0n
    this.traces.add('connector.packet-rejected', { account, amount, code, message, rule, rejection })
  }

  #settleDue({ source, destination }: Hold<Account>): void {
    this.settleDue(destination)
    this.settleDue(source)
  }

  /** Orders a settlement where one is due. */
  settleDue(account: Account): void {
    const amount = account.settlementDue()
    if (amount === 0n) return
    // PCS-12: counts from the order on, so the next packet does not order it again.
    this.books.settle(account, amount)
    this.settle(account)
    this.traces.add('connector.settlement-due', { account: account.id, amount })
  }
}

function packetOf({ incomingAmount: amount, executionCondition, address: destination }: Pending): Rejected {
  return { amount, executionCondition, destination }
}
