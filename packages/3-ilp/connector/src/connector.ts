/**
 * The forwarding machine. Layer 3, connector.
 * Spec: IL-RFC 27 "ILP Packet Lifecycle", IL-RFC 34, IL-RFC 32.
 *
 *   Prepare → rules → route → rate → expiry → hold ──→ the same bytes, amount and expiry rewritten
 *   Fulfill → digest, in time? → post both accounts → commit → relay      → settle where it is due
 *   Reject, or no reply by then → void the hold                → relay
 *
 * A link answers each request by its deadline, so this machine needs no clock of its own: no reply by the
 * outgoing expiry comes in as `failed`.
 */
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
import type { JournalRecord } from '@hourglass/journal'
import type { LinkFailure } from '@hourglass/link'
import {
  type Crypto,
  DecodeError,
  type Instant,
  type Machine,
  Queue,
  type TraceOutput,
  UsageError,
  assert,
  equalBytes,
} from '@hourglass/sansio'
import { Account, accountKey } from './account.ts'
import { BALANCE_PROTOCOL, describeBalance } from './balance-protocol.ts'
import { CommitGate } from './commit-gate.ts'
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

/** A Prepare that we sent on and that nobody has answered yet. */
interface Pending extends Forwarded {
  readonly source: Account
  /** Id of the source's request. */
  readonly sourceId: number
  readonly incomingAmount: bigint
  readonly executionCondition: Uint8Array
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
  readonly #accounts = new Map<string, Account>()
  readonly #routes = new RouteTable<Account>()
  readonly #forwarding: ForwardingOptions
  readonly #rates: Rates
  readonly #rules: readonly Rule[]
  readonly #tracePackets: boolean

  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  readonly #outputs = new Queue<ConnectorOutput>()

  readonly #gate = new CommitGate<Account, ConnectorOutput>()

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
    for (const account of options.accounts) {
      if (this.#accounts.has(account.id)) throw new UsageError(`two accounts are named ${account.id}`)
      this.#accounts.set(account.id, new Account(account))
    }
    for (const account of this.#accounts.values()) {
      if (account.relation === 'child') this.#routes.add(this.#addressOf(account), account)
    }
    for (const { prefix, account: id } of options.routes) {
      const account = this.#accounts.get(id)
      if (account === undefined) throw new UsageError(`route ${prefix} leads to the unknown account ${id}`)
      this.#routes.add(prefix, account)
    }
  }

  /** Takes the records that the journal holds, before the first input; settles again what was ordered. */
  restore(records: Iterable<JournalRecord>): void {
    const values = new Map<string, Uint8Array | undefined>()
    for (const record of records) values.set(record.key, record.value)
    for (const account of this.#accounts.values()) {
      const value = values.get(accountKey(account.id))
      if (value === undefined) continue
      account.restore(value)
      if (account.settled > 0n) this.#settle(account)
    }
    this.#gate.move(this.#outputs)
  }

  /** The accounts as they are now: a view for people, tests and admin. */
  accounts(): IterableIterator<Readonly<Account>> {
    return this.#accounts.values()
  }

  handle(input: ConnectorInput, now: Instant): void {
    switch (input.kind) {
      case 'request':
        this.#handleRequest(this.#account(input.account), input, now)
        break
      case 'reply':
        this.#handleReply(input.id, input.body, now)
        break
      case 'failed':
        this.#handleFailed(input.id, input.failure, now)
        break
      case 'up':
      case 'down':
        this.#account(input.account).up = input.kind === 'up'
        break
      case 'received':
        this.#handleReceived(this.#account(input.account), input.total)
        break
      case 'committed':
        this.#gate.committed(input.id, this.#outputs)
        break
      case 'timeout':
        break
    }
    this.#gate.move(this.#outputs)
  }

  poll(): ConnectorOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): undefined {
    return undefined
  }

  #account(id: string): Account {
    const account = this.#accounts.get(id)
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
    if (protocol === ILP_PROTOCOL) return this.#handlePrepare(source, id, body, now)
    if (protocol === BALANCE_PROTOCOL) {
      this.#outputs.push({ kind: 'reply', account: source.id, id, body: describeBalance(source) })
      return
    }
    const message = 'that protocol is not served here'
    this.#outputs.push({ kind: 'refuse', account: source.id, id, message })
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
    for (const rule of this.#rules) {
      const refusal = rule(prepare, source, now)
      if (refusal !== undefined) return this.#reject(source, id, refusal, prepare)
    }
    const next = this.#routes.resolve(prepare.destination)
    const forwarded = forward({ prepare, source, next, now }, this.#rates, this.#forwarding)
    if ('code' in forwarded) return this.#reject(source, id, forwarded, prepare)
    this.#send({ source, sourceId: id, prepare, body }, forwarded)
  }

  /** Holds the money on both accounts and sends the packet on. */
  #send({ source, sourceId, prepare, body }: Incoming, { destination, amount, expiresAt }: Forwarded): void {
    source.packetsInFlight++
    source.heldIncoming += prepare.amount
    destination.heldOutgoing += amount
    // ILP-06, ILP-18: what goes on is canonical, and only amount and expiry differ from what came.
    const outgoing = canonicalPacket(body, prepare)
    rewritePrepare(outgoing, amount, expiresAt)
    const id = ++this.#lastId
    this.#pending.set(id, {
      source,
      sourceId,
      incomingAmount: prepare.amount,
      executionCondition: prepare.executionCondition,
      destination,
      amount,
      expiresAt,
    })
    this.#outputs.push({
      kind: 'request',
      account: destination.id,
      id,
      protocol: ILP_PROTOCOL,
      body: outgoing,
      deadline: expiresAt,
    })
  }

  /** Takes back the holds of a packet that is answered now. */
  #release(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    pending.source.packetsInFlight--
    pending.source.heldIncoming -= pending.incomingAmount
    pending.destination.heldOutgoing -= pending.amount
    return pending
  }

  #handleReply(id: number, body: Uint8Array, now: Instant): void {
    const pending = this.#release(id)
    if (pending === undefined) return
    try {
      if (body[0] === PacketType.Fulfill) this.#handleFulfill(pending, body, now)
      else this.#relay(pending, canonicalPacket(body, decodeReject(body))) // ILP-16, ILP-19: as it came.
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#traceLoss('connector.invalid-reply', pending, { cause: error.message })
      this.#reject(pending.source, pending.sourceId, {
        code: ErrorCode.T00_INTERNAL_ERROR,
        message: 'invalid reply',
      })
    }
  }

  /** @throws DecodeError */
  #handleFulfill(pending: Pending, body: Uint8Array, now: Instant): void {
    const fulfill = decodeFulfill(body)
    // SEC-01, ILP-29: a fulfillment that does not fit is worth nothing, whoever sent it.
    if (!equalBytes(this.#crypto.sha256(fulfill.fulfillment), pending.executionCondition)) {
      this.#traceLoss('connector.wrong-fulfillment', pending, {})
      return this.#reject(pending.source, pending.sourceId, {
        code: ErrorCode.F05_WRONG_CONDITION,
        message: 'wrong fulfillment',
      })
    }
    // ILP-30, PCS-17: too late is not paid, and somebody has to know.
    if (now >= pending.expiresAt) {
      this.#traceLoss('connector.late-fulfillment', pending, {})
      return this.#reject(pending.source, pending.sourceId, TIMED_OUT)
    }
    this.#post(pending)
    this.#relay(pending, canonicalPacket(body, fulfill))
  }

  /** Books a fulfilled packet on both accounts, and the settlement that it makes due. */
  #post(pending: Pending): void {
    const { source, destination } = pending
    if (pending.incomingAmount !== 0n) {
      source.incoming += pending.incomingAmount
      this.#gate.change(source)
    }
    if (pending.amount === 0n) return
    destination.outgoing += pending.amount
    this.#gate.change(destination)
    const due = destination.settlementDue()
    if (due === 0n) return
    destination.settled += due // PCS-12: counts from the order on, so the next packet does not order it again.
    this.#settle(destination)
    this.#trace('connector.settlement-due', { account: destination.id, amount: due })
  }

  #settle(account: Account): void {
    this.#gate.hide({ kind: 'settle', account: account.id, total: account.settled })
  }

  /** Sends a reply back to where the packet came from: at once, or when what it reveals is durable. */
  #relay(pending: Pending, body: Uint8Array): void {
    const reply: ConnectorOutput = {
      kind: 'reply',
      account: pending.source.id,
      id: pending.sourceId,
      body,
    }
    if (body[0] === PacketType.Fulfill) this.#gate.hide(reply)
    else this.#outputs.push(reply)
    if (this.#tracePackets) this.#tracePacket(pending, body)
  }

  #handleFailed(id: number, failure: LinkFailure, now: Instant): void {
    const pending = this.#release(id)
    if (pending === undefined) return
    // ILP-31, ILP-64, X-ILP7: silence until the expiry is R00; a peer not reached, or cut off meanwhile, T01 (BTP-51).
    const isTimedOut = failure === 'lost' && now >= pending.expiresAt
    const refusal = isTimedOut ? TIMED_OUT : failure === 'full' ? PEER_BUSY : PEER_UNREACHABLE
    this.#reject(pending.source, pending.sourceId, refusal)
  }

  #handleReceived(account: Account, total: bigint): void {
    if (total <= account.received) return
    const amount = total - account.received
    account.received = total
    this.#gate.change(account)
    this.#trace('connector.settlement-received', { account: account.id, amount })
  }

  #reject(source: Account, id: number, { code, message, data }: Refusal, prepare?: Prepare): void {
    const body = encodeReject({ code, triggeredBy: this.#address, message, data: data ?? NOTHING })
    this.#outputs.push({ kind: 'reply', account: source.id, id, body })
    if (this.#tracePackets) {
      const amount = prepare?.amount ?? 0n
      this.#trace('connector.packet-rejected', { account: source.id, amount, code, message })
    }
  }

  #tracePacket(pending: Pending, reply: Uint8Array): void {
    const fulfilled = reply[0] === PacketType.Fulfill
    this.#trace(fulfilled ? 'connector.packet-fulfilled' : 'connector.packet-relayed-reject', {
      from: pending.source.id,
      to: pending.destination.id,
      incomingAmount: pending.incomingAmount,
      outgoingAmount: pending.amount,
    })
  }

  /** Traces what an operator must hear of, watched or not (RISK-15). */
  #traceLoss(event: string, pending: Pending, fields: TraceOutput['fields']): void {
    this.#trace(event, {
      account: pending.destination.id,
      incomingAmount: pending.incomingAmount,
      outgoingAmount: pending.amount,
      ...fields,
    })
  }

  #trace(event: string, fields: TraceOutput['fields']): void {
    this.#outputs.push({ kind: 'trace', event, fields })
  }
}

/** CONN-15: what we keep of a packet's time to bring a last-moment Fulfill back. */
export const EXPIRY_MARGIN_MS = 1000
/** CONN-15, RISK-13: the longest that money is held for one packet. */
export const HOLD_TIME_MS_MAX = 30_000

const NOTHING = new Uint8Array(0)
const TIMED_OUT: Refusal = { code: ErrorCode.R00_TRANSFER_TIMED_OUT, message: 'transfer timed out' }
const PEER_BUSY: Refusal = { code: ErrorCode.T02_PEER_BUSY, message: 'peer busy' }
const PEER_UNREACHABLE: Refusal = { code: ErrorCode.T01_PEER_UNREACHABLE, message: 'peer unreachable' }
