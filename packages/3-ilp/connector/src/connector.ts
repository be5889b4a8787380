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
  type Fulfill,
  type Prepare,
  decodePrepare,
  encodeFulfill,
  encodePrepare,
} from '@hourglass/ilp'
import type { StoredRecord } from '@hourglass/journal'
import { type LinkFailure, earliest } from '@hourglass/link'
import type { Routing } from '@hourglass/routing'
import { DecodeError, type Instant, type Machine, UsageError, assert } from '@hourglass/sansio'
import { Account, type AccountOptions } from './account.ts'
import { AddressSeeker } from './address-seeker.ts'
import { BALANCE_PROTOCOL, describeBalance } from './balance-protocol.ts'
import { Clearing } from './clearing.ts'
import { NOBODY } from './echo.ts'
import { EXPLAIN_PROTOCOL, explainTo } from './explain-protocol.ts'
import { type Forwarded, forward } from './forward.ts'
import { type Incoming, InFlight } from './in-flight.ts'
import { answerPeer } from './local.ts'
import { type ConnectorInput, type ConnectorOptions, type ConnectorOutput, ILP_PROTOCOL } from './messages.ts'
import { OwnAddress } from './own-address.ts'
import { Rates } from './rates.ts'
import { BUSY, LEAVING, NOT_FORWARDING, NO_ADDRESS, STORE_FAILING, invalidPacket } from './refusals.ts'
import type { Rejection, RejectionQuery } from './rejections.ts'
import { RouteExchange } from './route-exchange.ts'
import { refuseScheme } from './rules/scheme.ts'
import type { Refusal, Rule } from './rules/rule.ts'
import { Roster } from './roster.ts'
import { type Settings, problemsIn } from './settings.ts'
import { Unanswered } from './unanswered.ts'

export class Connector implements Machine<ConnectorInput, ConnectorOutput> {
  readonly #own: OwnAddress
  /** Undefined: the address is of the config. */
  readonly #seeker: AddressSeeker | undefined
  readonly #options: ConnectorOptions
  #routeList: Settings['routes']
  /** Undefined until this node has an address. */
  #exchange: RouteExchange | undefined
  #rates: Rates
  readonly #clearing: Clearing
  readonly #unanswered: Unanswered
  readonly #inFlight: InFlight
  readonly #roster: Roster
  #isStoreWorking = true
  readonly #packetsInFlightMax: number
  #isForwarding = true

  /** @throws UsageError where accounts, routes or limits contradict each other. */
  constructor(options: ConnectorOptions) {
    const { address, crypto, tracePackets = false } = options
    refuse(problemsIn(options))
    this.#packetsInFlightMax = options.packetsInFlightMax ?? PACKETS_IN_FLIGHT_MAX
    this.#own = new OwnAddress(address)
    this.#rates = new Rates(options)
    const books = new Books<Account>({
      crypto,
      accounts: options.accounts.map((account) => new Account(account)),
      makeRetired: (id, asset) => {
        const adopted = options.adopt?.(id, asset)
        if (adopted !== undefined) return unlisted(adopted)
        const account = new Account({ id, asset, relation: 'peer', balanceMax: 0n })
        account.state = 'retired'
        return account
      },
    })
    this.#clearing = new Clearing({ own: this.#own, crypto, books, tracePackets })
    this.#unanswered = new Unanswered(this.#clearing)
    this.#inFlight = new InFlight(this.#clearing, this.#unanswered)
    this.#roster = new Roster(this.#clearing, this.#inFlight)
    this.#seeker = address === undefined ? this.#seekAddress() : undefined
    this.#options = options
    this.#routeList = options.routes
    if (address !== undefined) this.#route(address)
  }

  /** Takes the records that the journal holds, before the first input; settles again what was ordered. */
  restore(records: Iterable<StoredRecord>): void {
    this.books.restore(records)
    for (const account of this.accounts()) if (account.isUnlisted) this.#exchange?.join(account, 0)
    for (const account of this.accounts()) if (account.settled > 0n) this.#clearing.settle(account)
    this.#clearing.move(0)
  }

  /** The routes as they are now: a view, as the books are. Undefined until this node has an address. */
  get routing(): Routing<Account> | undefined {
    return this.#exchange?.routing
  }

  /** The books as they are now: a view for people, tests and admin. */
  get books(): Books<Account> {
    return this.#clearing.books
  }

  /** Undefined: the parent has not said it yet. */
  get address(): Address | undefined {
    return this.#own.address
  }

  /** Packets that went on and have no answer yet. */
  get packetsInFlight(): number {
    return this.#inFlight.size
  }

  accounts(): IterableIterator<Account> {
    return this.books.accounts.values()
  }

  /** Why packets were rejected here, newest first. */
  rejections(query: RejectionQuery): Rejection[] {
    return this.#clearing.rejections.find(query)
  }

  handle(input: ConnectorInput, now: Instant): void {
    this.#clearing.begin(now)
    this.#handle(input, now)
    this.#clearing.move(now)
    for (const account of this.#roster.release()) this.#leave(account)
  }

  poll(): ConnectorOutput | undefined {
    return this.#clearing.outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return earliest([
      this.#unanswered.nextTimeout(),
      this.#seeker?.nextTimeout(),
      this.#exchange?.nextTimeout(),
      this.#isStoreWorking ? undefined : this.#clearing.nextExpiry(),
    ])
  }

  #handle(input: ConnectorInput, now: Instant): void {
    switch (input.kind) {
      case 'request':
        return this.#handleRequest(this.#account(input.account), input, now)
      case 'reply':
        return this.#handleReply(input.id, input.body, now)
      case 'failed':
        return this.#handleFailed(input.id, input.failure, now)
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
      case 'change':
        return this.#change(input.settings, now)
      case 'join':
        this.#exchange?.join(this.books.add(unlisted(input.account)), now)
        return
      case 'forwarding':
        this.#isForwarding = input.isOn
        return
      case 'rates':
        this.#rates.learn(input.rank, input.table)
        return this.#forgetConversions()
      case 'reconcile':
        return this.#unanswered.inquire(this.#account(input.account), now)
      case 'decide':
        return this.#unanswered.decideByHand(input.hold, input)
      case 'timeout':
        if (!this.#isStoreWorking) this.#inFlight.expireUnsent(now)
        this.#seeker?.timeout(now)
        this.#exchange?.timeout(now)
        return this.#unanswered.timeout(now)
    }
  }

  #account(id: string): Account {
    const account = this.books.accounts.get(id)
    assert(account !== undefined, `account ${id} exists`)
    return account
  }

  /** Why these settings cannot be taken, in sentences. */
  problemsIn(settings: Settings): string[] {
    const problems = problemsIn(settings, this.books.accounts)
    const parent = this.#seeker?.parent.id
    if (parent !== undefined && !settings.accounts.some(({ id }) => id === parent)) {
      problems.push(`account ${parent} is the parent that gives this node its address`)
    }
    return problems
  }

  #change(settings: Settings, now: Instant): void {
    refuse(this.problemsIn(settings))
    this.#roster.change(settings.accounts)
    this.#rates = this.#rates.changed(settings)
    this.#forgetConversions()
    this.#routeList = settings.routes
    this.#exchange?.change(this.accounts(), settings.routes, now)
    for (const account of this.accounts()) if (account.state === 'open') this.#clearing.settleDue(account)
  }

  #leave(account: Account): void {
    this.#unanswered.leave(account)
    this.#clearing.rejections.forget(account.id)
    this.#clearing.outputs.push({ kind: 'left', account: account.id })
  }

  #forgetConversions(): void {
    for (const account of this.accounts()) account.conversions.clear()
  }

  #route(address: Address): RouteExchange {
    const { crypto, routing } = this.#options
    const options = { address, crypto, exchange: routing, accounts: this.accounts(), routes: this.#routeList }
    const exchange = new RouteExchange(options, this.#clearing)
    this.#exchange = exchange
    return exchange
  }

  /** DCP-17, CONN-07: one parent is asked, however many there are. */
  #seekAddress(): AddressSeeker {
    const parent = [...this.accounts()].find(({ relation }) => relation === 'parent')
    if (parent === undefined) throw new UsageError('a node has an address, or a parent to ask for one')
    const { traces } = this.#clearing
    return new AddressSeeker(parent, {
      ask: (body, deadline) => {
        const request = { account: parent.id, id: this.#clearing.nextId(), protocol: ILP_PROTOCOL, body }
        this.#clearing.reveal(false, { kind: 'request', ...request, deadline })
        return request.id
      },
      learn: (address, now) => {
        if (address === this.#own.address) return
        traces.add('connector.address', { address, was: this.#own.address ?? '' })
        this.#own.set(address)
        if (this.#exchange !== undefined) return this.#exchange.routing.setAddress(address)
        const exchange = this.#route(address)
        for (const account of this.accounts()) if (account.up) exchange.link(account, true, now)
      },
      complain: (reason) => traces.add('connector.no-address', { account: parent.id, reason }),
    })
  }

  #handleReply(id: number, body: Uint8Array, now: Instant): void {
    if (this.#exchange?.answered(id, body, now) === true) return
    if (this.#unanswered.answered(id, body, now) || this.#seeker?.answered(id, body, now) === true) return
    this.#inFlight.reply(id, body, now)
  }

  #handleFailed(id: number, failure: LinkFailure, now: Instant): void {
    if (this.#exchange?.answered(id, undefined, now) === true) return
    if (this.#unanswered.failed(id, failure, now) || this.#seeker?.failed(id, failure, now) === true) return
    this.#inFlight.failed(id, failure, now)
  }

  #handleLink(account: Account, isUp: boolean, now: Instant): void {
    account.upSince = isUp ? now : undefined
    this.#exchange?.link(account, isUp, now)
    if (account === this.#seeker?.parent && !isUp) this.#seeker.down()
    if (!isUp) return
    account.breaker.answered()
    this.#unanswered.inquire(account, now)
    if (account === this.#seeker?.parent) this.#seeker.up(now)
    // What is paid ahead is due before the first packet.
    this.#clearing.settleDue(account)
  }

  #handleStore(isWorking: boolean, now: Instant): void {
    this.#inFlight.expireUnsent(now)
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
      case EXPLAIN_PROTOCOL: {
        const reply = explainTo(account, body, this.#clearing.rejections)
        return this.#clearing.outputs.push({ kind: 'reply', account, id, body: reply })
      }
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
      return this.#clearing.reject(source, id, invalidPacket(error.message))
    }
    if (this.#exchange?.answers(prepare, source, id, now) === true) return
    const incoming = { source, sourceId: id, prepare, body }
    const refusal = refusalOf(source.rules.arriving, prepare, source, now)
    if (refusal !== undefined) this.#clearing.reject(source, id, refusal, prepare)
    else if (prepare.destination === this.#own.address) this.#answerEcho(incoming, now)
    else if (prepare.destination.startsWith('peer.')) {
      this.#answer(incoming, this.#answerPeer(prepare, source, now), now)
    } else this.#answer(incoming, this.#judge(prepare, source, now, source.reflects), now)
  }

  #answer(incoming: Incoming, answer: Fulfill | Forwarded | Refusal, now: Instant): void {
    const { source, sourceId: id } = incoming
    if ('destination' in answer) this.#inFlight.send(incoming, answer, now)
    else if ('code' in answer) this.#clearing.reject(source, id, answer, incoming.prepare)
    else this.#clearing.outputs.push({ kind: 'reply', account: source.id, id, body: encodeFulfill(answer) })
  }

  #answerEcho(incoming: Incoming, now: Instant): void {
    const { source } = incoming
    const echo = source.echo?.(incoming.prepare, now) ?? NOBODY
    if (!('destination' in echo)) return this.#answer(incoming, echo, now)
    const body = encodePrepare(echo)
    const sentBack = { ...incoming, prepare: decodePrepare(body), body }
    this.#answer(sentBack, this.#judge(echo, source, now, true), now)
  }

  #answerPeer(prepare: Prepare, source: Account, now: Instant): Fulfill | Refusal {
    const { id, relation, asset } = source
    return answerPeer(prepare, { isChild: relation === 'child', child: this.#own.ofChild(id), asset, now })
  }

  /** Nothing is held before all rules have passed. */
  #judge(prepare: Prepare, source: Account, now: Instant, mayReflect: boolean): Forwarded | Refusal {
    if (!this.#isStoreWorking) return STORE_FAILING
    if (!this.#isForwarding) return NOT_FORWARDING
    if (source.state !== 'open') return LEAVING
    if (this.#inFlight.size >= this.#packetsInFlightMax) return BUSY
    if (this.#own.address === undefined) return NO_ADDRESS
    const { destination } = prepare
    const refusal =
      refusalOf(source.rules.incoming, prepare, source, now) ?? refuseScheme(destination, this.#own.scheme)
    if (refusal !== undefined) return refusal
    const isUsable = (account: Account): boolean => account.up && account.breaker.allows(now)
    const next = this.#exchange?.routing.table.resolve(destination)?.next(destination, source, isUsable)
    return forward({ prepare, source, next, mayReflect, now }, this.#rates)
  }
}

function refusalOf(
  rules: readonly Rule[],
  prepare: Prepare,
  source: Account,
  now: Instant,
): Refusal | undefined {
  for (const rule of rules) {
    const refusal = rule(prepare, source, now)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function unlisted(options: AccountOptions): Account {
  const account = new Account(options)
  account.isUnlisted = true
  return account
}

/** @throws UsageError */
function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new UsageError(problems.join('; '))
}

const PACKETS_IN_FLIGHT_MAX = 200_000
