/**
 * The forwarding machine. Layer 3, connector.
 * Spec: IL-RFC 27 "ILP Packet Lifecycle", IL-RFC 34, IL-RFC 32.
 *
 *   Prepare → rules → route → rate → expiry → hold → commit ──→ the same bytes, amount and expiry rewritten
 *   Fulfill → digest, in time? → post both accounts  → commit → relay     → settle where it is due
 *   Reject, not sent           → void the hold                → relay
 *   no answer                  → ask the peer what became of it (`reconciler.ts`); at the expiry, give it up
 *
 * A link answers each request by its deadline: no reply by the outgoing expiry comes in as `failed`.
 */
import { Books, type Hold } from '@hourglass/books'
import {
  ErrorCode,
  type Prepare,
  PacketType,
  canonicalPacket,
  decodeFulfill,
  decodePrepare,
  decodeReject,
  encodeFulfill,
  encodeReject,
  rewritePrepare,
  type Address,
} from '@hourglass/ilp'
import type { StoredRecord } from '@hourglass/journal'
import type { LinkFailure } from '@hourglass/link'
import {
  type Crypto,
  DecodeError,
  type Instant,
  type Machine,
  Queue,
  UsageError,
  assert,
  equalBytes,
} from '@hourglass/sansio'
import { Account } from './account.ts'
import { BALANCE_PROTOCOL, describeBalance } from './balance-protocol.ts'
import { CommitGate } from './commit-gate.ts'
import { type Forwarded, type ForwardingOptions, forward } from './forward.ts'
import { answerQuestions } from './inquest.ts'
import { answerLocally } from './local.ts'
import {
  type ConnectorInput,
  type ConnectorOptions,
  type ConnectorOutput,
  ILP_PROTOCOL,
  type SettlementInput,
} from './messages.ts'
import { Rates, gainsOf } from './rates.ts'
import { RECONCILE_PROTOCOL, type Verdict, decodeQuestions, encodeAnswers } from './reconcile-protocol.ts'
import { Reconciler } from './reconciler.ts'
import { RouteTable } from './routes.ts'
import { balance } from './rules/balance.ts'
import { packetAmount } from './rules/packet-amount.ts'
import { packetsInFlight } from './rules/packets-in-flight.ts'
import type { Refusal, Rule } from './rules/rule.ts'
import { schemeRule } from './rules/scheme.ts'
import { Traces } from './traces.ts'

/** A Prepare that we sent on and that nobody has answered yet. */
interface Pending extends Forwarded {
  readonly source: Account
  /** Id of the source's request. */
  readonly sourceId: number
  readonly incomingAmount: bigint
  readonly executionCondition: Uint8Array
  /** Undefined: no money is in it. */
  readonly hold: Hold<Account> | undefined
}

/** A Prepare that may go on. */
interface Incoming {
  readonly source: Account
  readonly sourceId: number
  readonly prepare: Prepare
  readonly body: Uint8Array
}

export class Connector implements Machine<ConnectorInput, ConnectorOutput> {
  readonly #address: Address
  readonly #crypto: Crypto
  readonly books: Books<Account>
  readonly #routes = new RouteTable<Account>()
  readonly #forwarding: ForwardingOptions
  readonly #rates: Rates
  readonly #rules: readonly Rule[]
  readonly #tracePackets: boolean

  /** By the ids of our requests, which are the ids of holds too. */
  readonly #pending = new Map<number, Pending>()
  /** Their link was cut: the peer is asked, until they expire. */
  readonly #waiting = new Map<number, Pending>()
  #lastId = 0
  #isStoreWorking = true
  readonly #outputs = new Queue<ConnectorOutput>()
  readonly #traces = new Traces(this.#outputs)
  readonly #gate: CommitGate<ConnectorOutput>
  readonly #reconciler: Reconciler

  /** @throws UsageError where accounts, routes or limits contradict each other. */
  constructor(options: ConnectorOptions) {
    this.#address = options.address
    this.#crypto = options.crypto
    this.#tracePackets = options.tracePackets ?? false
    this.#rates = new Rates(options.rates, options.spread)
    this.#forwarding = {
      expiryMarginMs: options.expiryMarginMs ?? EXPIRY_MARGIN_MS,
      holdTimeMsMax: options.holdTimeMsMax ?? HOLD_TIME_MS_MAX,
    }
    const ownScheme = this.#address.slice(0, this.#address.indexOf('.'))
    // CONN-19: cheap questions first; nothing is held before all have passed.
    this.#rules = [packetsInFlight, packetAmount, schemeRule(ownScheme), balance]
    this.books = new Books<Account>({
      crypto: options.crypto,
      accounts: options.accounts.map((account) => new Account(account)),
      makeRetired: (id, asset) => new Account({ id, asset, relation: 'peer', balanceMax: 0n }),
    })
    this.#gate = new CommitGate(this.books)
    this.#reconciler = new Reconciler({
      ask: (account, body, deadline) => this.#ask(account, body, deadline),
      decide: (hold, verdict, now) => this.#decide(hold, verdict, now),
    })
    for (const account of this.books.accounts.values()) {
      if (account.relation === 'child') this.#routes.add(this.#addressOf(account), account)
    }
    for (const { prefix, account: id } of options.routes) {
      const account = this.books.accounts.get(id)
      if (account === undefined) throw new UsageError(`route ${prefix} leads to the unknown account ${id}`)
      this.#routes.add(prefix, account)
    }
  }

  /** Takes the records that the journal holds, before the first input; settles again what was ordered. */
  restore(records: Iterable<StoredRecord>): void {
    this.books.restore(records)
    this.#lastId = this.books.lastId
    for (const account of this.books.accounts.values()) if (account.settled > 0n) this.#settle(account)
    this.#gate.move(this.#outputs, 0)
  }

  /** The accounts as they are now: a view for people, tests and admin. */
  accounts(): IterableIterator<Readonly<Account>> {
    return this.books.accounts.values()
  }

  handle(input: ConnectorInput, now: Instant): void {
    switch (input.kind) {
      case 'request':
        this.#handleRequest(this.#account(input.account), input, now)
        break
      case 'reply':
        if (!this.#reconciler.answered(input.id, input.body, now))
          this.#handleReply(input.id, input.body, now)
        break
      case 'failed':
        if (!this.#reconciler.failed(input.id, input.failure, now)) {
          this.#handleFailed(input.id, input.failure, now)
        }
        break
      case 'up':
      case 'down':
        this.#handleLink(this.#account(input.account), input.kind === 'up', now)
        break
      case 'received':
      case 'sent':
        this.#handleSettlement(input, now)
        break
      case 'committed':
        this.#gate.committed(input.id, this.#outputs)
        break
      case 'store':
        this.#isStoreWorking = input.isWorking
        break
      case 'reconcile':
        this.#inquire(this.#account(input.account), now)
        break
      case 'decide':
        this.#handleDecision(input.hold, input.outcome)
        break
      case 'timeout':
        this.#handleTimeout(now)
        break
    }
    this.#gate.move(this.#outputs, now)
  }

  poll(): ConnectorOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    let next = this.#reconciler.nextTimeout()
    for (const { expiresAt } of this.#waiting.values()) {
      if (next === undefined || expiresAt < next) next = expiresAt
    }
    return next
  }

  #account(id: string): Account {
    const account = this.books.accounts.get(id)
    assert(account !== undefined, `account ${id} exists`)
    return account
  }

  #addressOf(child: Account): Address {
    return `${this.#address}.${child.id}` as Address
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
        return this.#outputs.push({ kind: 'reply', account, id, body: describeBalance(source) })
      case RECONCILE_PROTOCOL:
        return this.#handleQuestions(source, id, body, now)
      default: {
        const message = 'that protocol is not served here'
        this.#outputs.push({ kind: 'refuse', account, id, message })
      }
    }
  }

  #handlePrepare(source: Account, id: number, body: Uint8Array, now: Instant): void {
    let prepare: Prepare
    try {
      prepare = decodePrepare(body)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return this.#reject(source, id, { code: ErrorCode.F01_INVALID_PACKET, message: 'invalid packet' })
    }
    const local = answerLocally(prepare, {
      address: this.#address,
      child: source.relation === 'child' ? this.#addressOf(source) : undefined,
      asset: source.asset,
      now,
    })
    if (local !== undefined) {
      if ('code' in local) return this.#reject(source, id, local)
      this.#outputs.push({ kind: 'reply', account: source.id, id, body: encodeFulfill(local) })
      return
    }
    if (!this.#isStoreWorking) return this.#reject(source, id, STORE_FAILING, prepare)
    for (const rule of this.#rules) {
      const refusal = rule(prepare, source, now)
      if (refusal !== undefined) return this.#reject(source, id, refusal, prepare)
    }
    const next = this.#routes.resolve(prepare.destination)
    const forwarded = forward({ prepare, source, next, now }, this.#rates, this.#forwarding)
    if ('code' in forwarded) return this.#reject(source, id, forwarded, prepare)
    this.#send({ source, sourceId: id, prepare, body }, forwarded)
  }

  /** Holds the money on both accounts and sends the packet on once the hold is durable. */
  #send({ source, sourceId, prepare, body }: Incoming, forwarded: Forwarded): void {
    const { destination, amount, expiresAt } = forwarded
    const { executionCondition } = prepare
    // ILP-06, ILP-18: what goes on is canonical, and only amount and expiry differ from what came.
    const outgoing = canonicalPacket(body, prepare)
    rewritePrepare(outgoing, amount, expiresAt)
    const id = ++this.#lastId
    const terms = { id, source, destination, incomingAmount: prepare.amount, executionCondition }
    const hold =
      prepare.amount === 0n
        ? undefined
        : this.books.open({
            ...terms,
            outgoingAmount: amount,
            incomingExpiresAt: prepare.expiresAt,
            outgoingExpiresAt: expiresAt,
          })
    source.packetsInFlight++
    this.#pending.set(id, { ...forwarded, ...terms, sourceId, hold })
    const request = { account: destination.id, id, protocol: ILP_PROTOCOL, body: outgoing } as const
    this.#reveal(hold !== undefined, { kind: 'request', ...request, deadline: expiresAt })
  }

  /** Puts out what shows money once that is durable; what shows none goes at once. */
  #reveal(isMoney: boolean, output: ConnectorOutput): void {
    if (isMoney) this.#gate.hide(output)
    else this.#outputs.push(output)
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    pending.source.packetsInFlight--
    return pending
  }

  #handleReply(id: number, body: Uint8Array, now: Instant): void {
    const pending = this.#take(id)
    if (pending === undefined) return
    try {
      if (body[0] === PacketType.Fulfill) this.#handleFulfill(pending, body, now)
      else {
        const reject = canonicalPacket(body, decodeReject(body)) // ILP-16, ILP-19: as it came.
        this.#void(pending)
        this.#relay(pending, reject)
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#traces.loss('connector.invalid-reply', pending, { cause: error.message })
      this.#fail(pending, { code: ErrorCode.T00_INTERNAL_ERROR, message: 'invalid reply' })
    }
  }

  /** @throws DecodeError */
  #handleFulfill(pending: Pending, body: Uint8Array, now: Instant): void {
    const fulfill = decodeFulfill(body)
    // SEC-01, ILP-29: a fulfillment that does not fit is worth nothing, whoever sent it.
    if (!this.#fits(fulfill.fulfillment, pending)) {
      this.#traces.loss('connector.wrong-fulfillment', pending, {})
      return this.#fail(pending, { code: ErrorCode.F05_WRONG_CONDITION, message: 'wrong fulfillment' })
    }
    // ILP-30, PCS-17: too late is not paid, and the peer has to know.
    if (now >= pending.expiresAt) {
      this.#traces.loss('connector.late-fulfillment', pending, {})
      return this.#giveUp(pending, now)
    }
    this.#post(pending, fulfill.fulfillment)
    this.#relay(pending, canonicalPacket(body, fulfill))
  }

  #fits(fulfillment: Uint8Array, { executionCondition }: { executionCondition: Uint8Array }): boolean {
    return equalBytes(this.#crypto.sha256(fulfillment), executionCondition)
  }

  /** Books a fulfilled packet on both accounts, and the settlement that it makes due. */
  #post({ hold, incomingAmount, amount, conversion, destination }: Pending, fulfillment: Uint8Array): void {
    if (hold === undefined) return
    this.books.post(hold, fulfillment, gainsOf(incomingAmount, amount, conversion))
    this.#settleDue(destination)
  }

  #settleDue(account: Account): void {
    const amount = account.settlementDue()
    if (amount === 0n) return
    this.books.settle(account, amount) // PCS-12: counts from the order on, so the next packet does not order it again.
    this.#settle(account)
    this.#traces.add('connector.settlement-due', { account: account.id, amount })
  }

  #settle(account: Account): void {
    this.#gate.hide({ kind: 'settle', account: account.id, total: account.settled })
  }

  #void({ hold }: Pending): void {
    if (hold !== undefined) this.books.void(hold)
  }

  /** Nothing was paid. */
  #fail(pending: Pending, refusal: Refusal): void {
    this.#void(pending)
    this.#reject(pending.source, pending.sourceId, refusal)
  }

  /** Time is over, so the payer is told that nothing was paid; the next peer is told as well, if it listens. */
  #giveUp(pending: Pending, now: Instant): void {
    const { hold, destination } = pending
    if (hold === undefined || destination.reconciles !== true) return this.#fail(pending, TIMED_OUT)
    this.books.giveUp(hold)
    this.#reconciler.want(hold, now)
    this.#reject(pending.source, pending.sourceId, TIMED_OUT)
  }

  /** Sends a reply back to where the packet came from: at once, or when what it reveals is durable. */
  #relay(pending: Pending, body: Uint8Array): void {
    const { source, sourceId: id, hold } = pending
    const isMoney = hold !== undefined && body[0] === PacketType.Fulfill
    this.#reveal(isMoney, { kind: 'reply', account: source.id, id, body })
    if (this.#tracePackets) this.#traces.packet(pending, body)
  }

  #handleFailed(id: number, failure: LinkFailure, now: Instant): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    const { hold, expiresAt, destination } = pending
    const isLost = failure === 'lost'
    if (isLost && now < expiresAt && hold !== undefined && destination.reconciles === true) {
      // The peer may have fulfilled it, and will say so when the link is back.
      hold.state = 'unknown'
      this.#pending.delete(id)
      this.#waiting.set(id, pending)
      return this.#reconciler.want(hold, now)
    }
    this.#take(id)
    if (isLost && now >= expiresAt) return this.#giveUp(pending, now) // ILP-31, ILP-64
    // X-ILP7: a peer not reached, or cut off meanwhile, is T01 (BTP-51).
    this.#fail(pending, failure === 'full' ? PEER_BUSY : PEER_UNREACHABLE)
  }

  #handleLink(account: Account, isUp: boolean, now: Instant): void {
    account.upSince = isUp ? now : undefined
    if (isUp) this.#inquire(account, now)
  }

  /** Asks the peer what became of every packet that nobody knows of. */
  #inquire(account: Account, now: Instant): void {
    this.#reconciler.greet(account, now)
    for (const hold of this.books.holds.values()) {
      if (hold.destination === account && hold.state !== 'sent') this.#reconciler.want(hold, now)
    }
  }

  #ask(account: Account, body: Uint8Array, deadline: Instant): number {
    const id = ++this.#lastId
    this.#outputs.push({
      kind: 'request',
      account: account.id,
      id,
      protocol: RECONCILE_PROTOCOL,
      body,
      deadline,
    })
    return id
  }

  /** The peer says what became of a packet. */
  #decide(hold: Hold<Account>, verdict: Verdict, now: Instant): void {
    this.#expire(now)
    const pending = this.#waiting.get(hold.id)
    if (verdict.kind === 'fulfilled' && !this.#fits(verdict.fulfillment, hold)) {
      this.#traces.hold('connector.wrong-fulfillment', hold)
      return this.#reconciler.want(hold, now)
    }
    if (verdict.kind === 'fulfilled' && hold.state === 'given-up') {
      return this.#traces.hold('connector.disputed', hold)
    }
    this.#endWaiting(hold.id)
    this.#traces.hold('connector.reconciled', hold, { outcome: verdict.kind })
    if (verdict.kind === 'void') {
      if (pending !== undefined) return this.#fail(pending, PEER_UNREACHABLE)
      return this.books.void(hold)
    }
    const { fulfillment } = verdict
    if (pending === undefined) return this.#postUnasked(hold, fulfillment)
    this.#post(pending, fulfillment)
    this.#relay(pending, encodeFulfill({ fulfillment, data: NOTHING }))
  }

  /** Books a packet whose payer does not wait any more, and asks for itself what became of it. */
  #postUnasked(hold: Hold<Account>, fulfillment: Uint8Array): void {
    this.books.post(hold, fulfillment, NO_GAINS)
    this.#settleDue(hold.destination)
  }

  /** The operator decides what no peer can say. */
  #handleDecision(id: number, outcome: 'post' | 'void'): void {
    const hold = this.books.holds.get(id)
    if (hold === undefined || hold.state === 'sent' || this.#waiting.has(id)) return
    this.#reconciler.forget(hold)
    this.#traces.hold('connector.decided', hold, { outcome })
    if (outcome === 'post') this.#postUnasked(hold, NOTHING)
    else this.books.void(hold)
  }

  #handleQuestions(source: Account, id: number, body: Uint8Array, now: Instant): void {
    const account = source.id
    try {
      const answers = answerQuestions(decodeQuestions(body), source, this.books, now)
      this.#gate.hide({ kind: 'reply', account, id, body: encodeAnswers(answers) })
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#outputs.push({ kind: 'refuse', account, id, message: `invalid question: ${error.message}` })
    }
  }

  #handleTimeout(now: Instant): void {
    this.#expire(now)
    this.#reconciler.timeout(now)
  }

  /** Gives up what waits for a link that did not come back in time. */
  #expire(now: Instant): void {
    for (const [id, pending] of this.#waiting) {
      if (now < pending.expiresAt) continue
      this.#endWaiting(id)
      this.#giveUp(pending, now)
    }
  }

  #endWaiting(id: number): void {
    const pending = this.#waiting.get(id)
    if (pending === undefined) return
    this.#waiting.delete(id)
    pending.source.packetsInFlight--
  }

  #handleSettlement({ kind, account: id, total, reference }: SettlementInput, now: Instant): void {
    const account = this.#account(id)
    const amount = this.books[kind](account, total, reference, now)
    if (amount > 0n) this.#traces.add(`connector.settlement-${kind}`, { account: id, amount, reference })
  }

  #reject(source: Account, id: number, { code, message, data }: Refusal, prepare?: Prepare): void {
    const body = encodeReject({ code, triggeredBy: this.#address, message, data: data ?? NOTHING })
    this.#outputs.push({ kind: 'reply', account: source.id, id, body })
    if (!this.#tracePackets) return
    const amount = prepare?.amount ?? 0n
    this.#traces.add('connector.packet-rejected', { account: source.id, amount, code, message })
  }
}

/** CONN-15: what we keep of a packet's time to bring a last-moment Fulfill back. */
export const EXPIRY_MARGIN_MS = 1000
/** CONN-15, RISK-13: the longest that money is held for one packet. */
export const HOLD_TIME_MS_MAX = 30_000

const NOTHING = new Uint8Array(0)
/** What is found out later is booked at what was held: the rates of that time are gone. */
const NO_GAINS = { spread: 0n, rounding: 0n }
const TIMED_OUT: Refusal = { code: ErrorCode.R00_TRANSFER_TIMED_OUT, message: 'transfer timed out' }
const PEER_BUSY: Refusal = { code: ErrorCode.T02_PEER_BUSY, message: 'peer busy' }
const PEER_UNREACHABLE: Refusal = { code: ErrorCode.T01_PEER_UNREACHABLE, message: 'peer unreachable' }
const STORE_FAILING: Refusal = { code: ErrorCode.T00_INTERNAL_ERROR, message: 'records cannot be kept' }
