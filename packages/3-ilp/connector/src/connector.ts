/**
 * The forwarding machine. Layer 3, connector.
 * Spec: IL-RFC 27 "ILP Packet Lifecycle", IL-RFC 34, IL-RFC 32.
 *
 *   Prepare → rules → route → rate → expiry → hold → commit ──→ the same bytes, amount and expiry rewritten
 *   Fulfill → digest, in time? → post both accounts  → commit → relay     → settle where it is due
 *   Reject, not sent           → void the hold                → relay
 *   no answer                  → `unanswered.ts`
 *
 * A link answers each request by its deadline: no reply by the outgoing expiry comes in as `failed`.
 */
import { Books, RECONCILE_PROTOCOL } from '@hourglass/books'
import {
  type Address,
  ErrorCode,
  PacketType,
  type Prepare,
  canonicalPacket,
  decodeFulfill,
  decodePrepare,
  decodeReject,
  encodeFulfill,
  rewritePrepare,
} from '@hourglass/ilp'
import type { StoredRecord } from '@hourglass/journal'
import type { LinkFailure } from '@hourglass/link'
import { DecodeError, type Instant, type Machine, UsageError, assert } from '@hourglass/sansio'
import { Account } from './account.ts'
import { BALANCE_PROTOCOL, describeBalance } from './balance-protocol.ts'
import { Clearing, PEER_UNREACHABLE, type Pending, TIMED_OUT } from './clearing.ts'
import { type Forwarded, type ForwardingOptions, forward } from './forward.ts'
import { answerLocally } from './local.ts'
import { type ConnectorInput, type ConnectorOptions, type ConnectorOutput, ILP_PROTOCOL } from './messages.ts'
import { Rates } from './rates.ts'
import { RouteTable } from './routes.ts'
import { balance } from './rules/balance.ts'
import { packetAmount } from './rules/packet-amount.ts'
import { packetsInFlight } from './rules/packets-in-flight.ts'
import type { Refusal, Rule } from './rules/rule.ts'
import { schemeRule } from './rules/scheme.ts'
import { Unanswered } from './unanswered.ts'

/** The peer's request, and a Prepare in it that may go on. */
interface Incoming {
  readonly source: Account
  readonly sourceId: number
  readonly prepare: Prepare
  readonly body: Uint8Array
}

export class Connector implements Machine<ConnectorInput, ConnectorOutput> {
  readonly #address: Address
  readonly #routes = new RouteTable<Account>()
  readonly #forwarding: ForwardingOptions
  readonly #rates: Rates
  readonly #rules: readonly Rule[]
  readonly #clearing: Clearing
  readonly #unanswered: Unanswered
  /** By the ids of our requests, which are the ids of holds too. */
  readonly #pending = new Map<number, Pending>()
  #isStoreWorking = true

  /** @throws UsageError where accounts, routes or limits contradict each other. */
  constructor(options: ConnectorOptions) {
    const { address, crypto, tracePackets = false } = options
    this.#address = address
    this.#rates = new Rates(options.rates, options.spread)
    this.#forwarding = {
      expiryMarginMs: options.expiryMarginMs ?? EXPIRY_MARGIN_MS,
      holdTimeMsMax: options.holdTimeMsMax ?? HOLD_TIME_MS_MAX,
    }
    const ownScheme = address.slice(0, address.indexOf('.'))
    // CONN-19: cheap questions first; nothing is held before all have passed.
    this.#rules = [packetsInFlight, packetAmount, schemeRule(ownScheme), balance]
    const books = new Books<Account>({
      crypto,
      accounts: options.accounts.map((account) => new Account(account)),
      makeRetired: (id, asset) => new Account({ id, asset, relation: 'peer', balanceMax: 0n }),
    })
    this.#clearing = new Clearing({ address, crypto, books, tracePackets })
    this.#unanswered = new Unanswered(this.#clearing)
    for (const account of books.accounts.values()) {
      if (account.relation === 'child') this.#routes.add(this.#addressOf(account), account)
    }
    for (const { prefix, account: id } of options.routes) {
      const account = books.accounts.get(id)
      if (account === undefined) throw new UsageError(`route ${prefix} leads to the unknown account ${id}`)
      this.#routes.add(prefix, account)
    }
  }

  /** Takes the records that the journal holds, before the first input; settles again what was ordered. */
  restore(records: Iterable<StoredRecord>): void {
    this.books.restore(records)
    for (const account of this.accounts()) if (account.settled > 0n) this.#clearing.settle(account)
    this.#clearing.move(0)
  }

  /** The books as they are now: a view for people, tests and admin. */
  get books(): Books<Account> {
    return this.#clearing.books
  }

  accounts(): IterableIterator<Account> {
    return this.books.accounts.values()
  }

  handle(input: ConnectorInput, now: Instant): void {
    this.#handle(input, now)
    this.#clearing.move(now)
  }

  poll(): ConnectorOutput | undefined {
    return this.#clearing.outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    const next = this.#unanswered.nextTimeout()
    if (this.#isStoreWorking) return next
    const expiry = this.#clearing.nextExpiry()
    return next === undefined || expiry === undefined ? (next ?? expiry) : Math.min(next, expiry)
  }

  #handle(input: ConnectorInput, now: Instant): void {
    switch (input.kind) {
      case 'request':
        return this.#handleRequest(this.#account(input.account), input, now)
      case 'reply':
        if (!this.#unanswered.answered(input.id, input.body, now))
          this.#handleReply(input.id, input.body, now)
        return
      case 'failed':
        if (!this.#unanswered.failed(input.id, input.failure, now)) {
          this.#handleFailed(input.id, input.failure, now)
        }
        return
      case 'up':
      case 'down':
        return this.#handleLink(this.#account(input.account), input.kind === 'up', now)
      case 'received':
      case 'sent':
        return this.#clearing.handleSettlement(this.#account(input.account), input, now)
      case 'committed':
        return this.#clearing.committed(input.id)
      case 'store':
        return this.#handleStore(input.isWorking, now)
      case 'reconcile':
        return this.#unanswered.inquire(this.#account(input.account), now)
      case 'decide':
        return this.#unanswered.decideByHand(input.hold, input)
      case 'timeout':
        if (!this.#isStoreWorking) this.#expireUnsent(now)
        return this.#unanswered.timeout(now)
    }
  }

  #account(id: string): Account {
    const account = this.books.accounts.get(id)
    assert(account !== undefined, `account ${id} exists`)
    return account
  }

  #addressOf(child: Account): Address {
    return `${this.#address}.${child.id}` as Address
  }

  #handleLink(account: Account, isUp: boolean, now: Instant): void {
    account.upSince = isUp ? now : undefined
    if (!isUp) return
    this.#unanswered.inquire(account, now)
    // What is paid ahead is due before the first packet.
    this.#clearing.settleDue(account)
  }

  #handleStore(isWorking: boolean, now: Instant): void {
    this.#expireUnsent(now)
    this.#isStoreWorking = isWorking
    if (!isWorking) return
    // Who asked meanwhile what became of packets had no answer, as if the link had been down.
    for (const account of this.accounts()) if (account.up) account.upSince = now
  }

  #handleRequest(
    source: Account,
    { id, protocol, body }: { id: number; protocol: string; body: Uint8Array },
    now: Instant,
  ): void {
    const account = source.id
    switch (protocol) {
      case ILP_PROTOCOL:
        return this.#handlePrepare(source, id, body, now)
      case BALANCE_PROTOCOL:
        return this.#clearing.outputs.push({ kind: 'reply', account, id, body: describeBalance(source) })
      case RECONCILE_PROTOCOL:
        return this.#unanswered.handleQuestions(source, id, body, now)
      default: {
        const message = 'that protocol is not served here'
        this.#clearing.outputs.push({ kind: 'refuse', account, id, message })
      }
    }
  }

  #handlePrepare(source: Account, id: number, body: Uint8Array, now: Instant): void {
    let prepare: Prepare
    try {
      prepare = decodePrepare(body)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return this.#clearing.reject(source, id, INVALID_PACKET)
    }
    const local = answerLocally(prepare, {
      address: this.#address,
      child: source.relation === 'child' ? this.#addressOf(source) : undefined,
      asset: source.asset,
      now,
    })
    if (local !== undefined) {
      if ('code' in local) return this.#clearing.reject(source, id, local)
      this.#clearing.outputs.push({ kind: 'reply', account: source.id, id, body: encodeFulfill(local) })
      return
    }
    const next = this.#judge(prepare, source, now)
    if ('code' in next) this.#clearing.reject(source, id, next, prepare.amount)
    else this.#send({ source, sourceId: id, prepare, body }, next)
  }

  /** Where the packet goes on, or why it does not. */
  #judge(prepare: Prepare, source: Account, now: Instant): Forwarded | Refusal {
    if (!this.#isStoreWorking) return STORE_FAILING
    for (const rule of this.#rules) {
      const refusal = rule(prepare, source, now)
      if (refusal !== undefined) return refusal
    }
    const next = this.#routes.resolve(prepare.destination)
    return forward({ prepare, source, next, now }, this.#rates, this.#forwarding)
  }

  /** Holds the money on both accounts and sends the packet on once the hold is durable. */
  #send({ source, sourceId, prepare, body }: Incoming, forwarded: Forwarded): void {
    const { destination, amount, expiresAt } = forwarded
    const { executionCondition, amount: incomingAmount } = prepare
    // ILP-06, ILP-18: what goes on is canonical, and only amount and expiry differ from what came.
    const outgoing = canonicalPacket(body, prepare)
    rewritePrepare(outgoing, amount, expiresAt)
    const id = this.#clearing.nextId()
    const terms = { id, source, destination, incomingAmount, executionCondition }
    const times = { incomingExpiresAt: prepare.expiresAt, outgoingExpiresAt: expiresAt }
    const isMoney = incomingAmount !== 0n
    const hold = isMoney ? this.books.open({ ...terms, ...times, outgoingAmount: amount }) : undefined
    source.packetsInFlight++
    this.#pending.set(id, { ...forwarded, ...terms, sourceId, hold })
    const request = { account: destination.id, id, protocol: ILP_PROTOCOL, body: outgoing }
    this.#clearing.reveal(isMoney, { kind: 'request', ...request, deadline: expiresAt })
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    pending.source.packetsInFlight--
    return pending
  }

  /** Answers packets that a failing store has kept back until their time was over. */
  #expireUnsent(now: Instant): void {
    for (const id of this.#clearing.takeExpired(now)) {
      const pending = this.#take(id)
      if (pending !== undefined) this.#clearing.refuse(pending, TIMED_OUT)
    }
  }

  #handleReply(id: number, body: Uint8Array, now: Instant): void {
    const pending = this.#take(id)
    if (pending === undefined) return
    try {
      if (body[0] === PacketType.Fulfill) return this.#handleFulfill(pending, body, now)
      const reject = canonicalPacket(body, decodeReject(body)) // ILP-16, ILP-19: as it came.
      this.#clearing.void(pending)
      this.#clearing.relay(pending, reject)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#clearing.traces.loss('connector.invalid-reply', pending, { cause: error.message })
      this.#clearing.fail(pending, INVALID_REPLY)
    }
  }

  /** @throws DecodeError */
  #handleFulfill(pending: Pending, body: Uint8Array, now: Instant): void {
    const fulfill = decodeFulfill(body)
    const { traces } = this.#clearing
    // SEC-01, ILP-29: a fulfillment that does not fit is worth nothing, whoever sent it.
    if (!this.#clearing.fits(fulfill.fulfillment, pending)) {
      traces.loss('connector.wrong-fulfillment', pending, {})
      return this.#clearing.fail(pending, WRONG_FULFILLMENT)
    }
    // ILP-30, PCS-17: too late is not paid, and somebody has to know.
    if (now >= pending.expiresAt) {
      traces.loss('connector.late-fulfillment', pending, {})
      return this.#unanswered.giveUp(pending, now)
    }
    this.#clearing.post(pending, fulfill.fulfillment)
    this.#clearing.relay(pending, canonicalPacket(body, fulfill))
  }

  #handleFailed(id: number, failure: LinkFailure, now: Instant): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    if (failure === 'lost' && this.#unanswered.wait(pending, now)) {
      this.#pending.delete(id)
      return
    }
    this.#take(id)
    if (failure === 'lost' && now >= pending.expiresAt) return this.#unanswered.giveUp(pending, now) // ILP-31, ILP-64
    // X-ILP7: a peer not reached, or cut off meanwhile, is T01 (BTP-51).
    this.#clearing.fail(pending, failure === 'full' ? PEER_BUSY : PEER_UNREACHABLE)
  }
}

/** CONN-15: what we keep of a packet's time to bring a last-moment Fulfill back. */
export const EXPIRY_MARGIN_MS = 1000
/** CONN-15, RISK-13: the longest that money is held for one packet. */
export const HOLD_TIME_MS_MAX = 30_000

const INVALID_PACKET: Refusal = { code: ErrorCode.F01_INVALID_PACKET, message: 'invalid packet' }
const INVALID_REPLY: Refusal = { code: ErrorCode.T00_INTERNAL_ERROR, message: 'invalid reply' }
const STORE_FAILING: Refusal = { code: ErrorCode.T00_INTERNAL_ERROR, message: 'records cannot be kept' }
const WRONG_FULFILLMENT: Refusal = { code: ErrorCode.F05_WRONG_CONDITION, message: 'wrong fulfillment' }
const PEER_BUSY: Refusal = { code: ErrorCode.T02_PEER_BUSY, message: 'peer busy' }
