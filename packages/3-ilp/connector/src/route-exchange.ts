/**
 * Route messages between the peers' links and the routes of this node. Layer 3, connector.
 * They are packets to `peer.route.…`, answered here: they move no money and meet no rule (CCP-58).
 */
import { ErrorCode, type Prepare } from '@hourglass/ilp'
import {
  ACCEPTED,
  MESSAGE_TIME_MS,
  ROUTE_DESTINATIONS,
  type RouteRefusal,
  Routing,
  type RoutingInput,
  type RoutingOptions,
  type RoutingOutput,
  type StaticRoute,
  decodeRouteMessage,
  encodeRouteMessage,
  isAccepted,
} from '@hourglass/routing'
import { DecodeError, type Instant, TIMEOUT } from '@hourglass/sansio'
import type { Account } from './account.ts'
import type { Clearing } from './clearing.ts'
import { ILP_PROTOCOL } from './messages.ts'
import type { Refusal } from './rules/rule.ts'

export interface RouteExchangeOptions extends Omit<RoutingOptions<Account>, 'peers'> {
  readonly accounts: Iterable<Account>
}

export class RouteExchange {
  readonly #routing: Routing<Account>
  /** The accounts that it knows, with the terms of each. */
  readonly #known = new Map<Account, string>()
  readonly #clearing: Clearing
  /** The ids of messages of ours, by those of the requests that carry them. */
  readonly #asked = new Map<number, number>()

  constructor({ accounts, ...options }: RouteExchangeOptions, clearing: Clearing) {
    const open = [...accounts].filter(({ state }) => state === 'open')
    for (const account of open) this.#known.set(account, termsOf(account))
    this.#routing = new Routing({ ...options, peers: open.map((account) => [account, account.routing]) })
    this.#clearing = clearing
  }

  /** The routes as they are now. */
  get routing(): Routing<Account> {
    return this.#routing
  }

  /** One account more. */
  join(account: Account, now: Instant): void {
    this.#changeAccount(account, now)
  }

  /** From now on these are the accounts, of which only open ones are led to, and the routes that are set. */
  change(accounts: Iterable<Account>, routes: readonly StaticRoute[], now: Instant): void {
    const all = [...accounts]
    const staying = new Set(all.filter((account) => this.#isSame(account)).map(({ id }) => id))
    // None leads to an account that goes, and most need not be touched at all.
    this.#routing.setRoutes(routes.filter(({ account }) => staying.has(account)))
    for (const account of all) this.#changeAccount(account, now)
    this.#routing.setRoutes(routes)
  }

  /** Whether it is known, and on the same terms. */
  #isSame(account: Account): boolean {
    return account.state === 'open' && this.#known.get(account) === termsOf(account)
  }

  /** One whose terms are the same keeps what it has told. */
  #changeAccount(account: Account, now: Instant): void {
    const known = this.#known.get(account)
    const terms = account.state === 'open' ? termsOf(account) : undefined
    if (terms === known) return
    if (known !== undefined) this.#routing.removePeer(account.id)
    this.#known.delete(account)
    if (terms === undefined) return
    this.#known.set(account, terms)
    this.#routing.addPeer(account, account.routing)
    if (account.up) this.link(account, true, now)
  }

  /** Whether the packet is a route message, which then is answered. */
  answers(prepare: Prepare, source: Account, id: number, now: Instant): boolean {
    if (!this.#routing.isExchanging || !prepare.destination.startsWith(ROUTE_DESTINATIONS)) return false
    try {
      if (prepare.expiresAt <= now) this.#clearing.reject(source, id, EXPIRED)
      else
        this.#handle({ kind: 'request', account: source.id, id, message: decodeRouteMessage(prepare) }, now)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#clearing.reject(source, id, MALFORMED)
    }
    return true
  }

  link({ id }: Account, isUp: boolean, now: Instant): void {
    this.#handle({ kind: isUp ? 'up' : 'down', account: id }, now)
  }

  /** Whether the reply was to a message of ours; undefined stands for none. */
  answered(id: number, reply: Uint8Array | undefined, now: Instant): boolean {
    const asked = this.#asked.get(id)
    if (asked === undefined) return false
    this.#asked.delete(id)
    this.#handle({ kind: 'answered', id: asked, isAccepted: reply !== undefined && isAccepted(reply) }, now)
    return true
  }

  nextTimeout(): Instant | undefined {
    return this.#routing.nextTimeout()
  }

  timeout(now: Instant): void {
    this.#handle(TIMEOUT, now)
  }

  #handle(input: RoutingInput, now: Instant): void {
    this.#routing.handle(input, now)
    for (let output = this.#routing.poll(); output !== undefined; output = this.#routing.poll()) {
      this.#perform(output, now)
    }
  }

  #perform(output: RoutingOutput, now: Instant): void {
    switch (output.kind) {
      case 'trace':
        return this.#clearing.outputs.push(output)
      case 'reply': {
        const { account, id, refusal } = output
        if (refusal === undefined) this.#clearing.outputs.push({ kind: 'reply', account, id, body: ACCEPTED })
        else this.#clearing.reject(this.#clearing.books.accounts.get(account)!, id, REFUSALS[refusal])
        return
      }
      case 'request': {
        const { account, message, deadline } = output
        const id = this.#clearing.nextId()
        this.#asked.set(id, output.id)
        const body = encodeRouteMessage(message, now + MESSAGE_TIME_MS)
        this.#clearing.outputs.push({ kind: 'request', account, id, protocol: ILP_PROTOCOL, body, deadline })
      }
    }
  }
}

function termsOf({ relation, routing }: Account): string {
  return JSON.stringify([relation, routing])
}

const EXPIRED: Refusal = {
  rule: 'route-message',
  code: ErrorCode.R02_INSUFFICIENT_TIMEOUT,
  message: 'expired',
}
/** CCP-04, CCP-59 */
const MALFORMED: Refusal = {
  rule: 'route-message',
  code: ErrorCode.F01_INVALID_PACKET,
  message: 'invalid route message',
}
const REFUSALS: Readonly<Record<RouteRefusal, Refusal>> = {
  // CCP-14
  'not-allowed': {
    rule: 'route-message',
    code: ErrorCode.F00_BAD_REQUEST,
    message: 'no routes are exchanged with this account',
  },
  'too-many': { rule: 'route-message', code: ErrorCode.T05_RATE_LIMITED, message: 'too many route messages' },
}
