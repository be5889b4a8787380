/**
 * All that a node knows and tells of routes. Layer 3.
 *
 *   route control ─▶ sender ──updates──▶ peer        one sender and one receiver for each peer that may have them
 *   route update ──▶ receiver ─▶ routes ─▶ announcements ─▶ all senders
 *
 * Messages are values here; `wire/message.ts` makes packets of them.
 */
import type { Address } from '@hourglass/ilp'
import {
  type Crypto,
  type Instant,
  type Machine,
  Queue,
  type Rng,
  type TimeoutInput,
  type TraceOutput,
  UsageError,
} from '@hourglass/sansio'
import { Allowance } from './allowance.ts'
import { Announcements } from './announcements.ts'
import { type StaticRoute, fixedRoutes, prefixOfChild } from './fixed-routes.ts'
import { BROADCAST_INTERVAL_MS, HOLD_DOWN_MS, ROUTES_MAX } from './limits.ts'
import type { NextHop, RouteEntry, RoutePeer } from './route-entry.ts'
import { RouteReceiver } from './route-receiver.ts'
import { RouteSender } from './route-sender.ts'
import type { RouteTable } from './route-table.ts'
import { Routes } from './routes.ts'
import type { RouteMessage } from './wire/message.ts'
import type { RouteUpdate } from './wire/route-update.ts'

/** What a peer and this node tell one another. */
export interface PeerRouting {
  /** Whether the peer is told of our routes when it asks. Default: yes. */
  readonly sendRoutes?: boolean | undefined
  /** Whether its routes are asked for and taken. Default: those of parents and peers are, those of children not. */
  readonly receiveRoutes?: boolean | undefined
  readonly routesMax?: number | undefined
  /** Its routes count below these prefixes only. Default: everywhere in this network. */
  readonly prefixes?: readonly string[] | undefined
}

export interface ExchangeOptions {
  readonly rng: Rng
  /** Of what this node says of its own prefixes, any length (`routingSecret`). Default: drawn at each start. */
  readonly secret?: Uint8Array
  readonly broadcastIntervalMs?: number
  readonly holdDownMs?: number
}

export interface RoutingOptions<Peer extends RoutePeer> {
  /** This node's own. */
  readonly address: Address
  readonly crypto: Crypto
  readonly peers: Iterable<readonly [Peer, PeerRouting]>
  readonly routes: readonly StaticRoute[]
  /** Undefined: peers are told nothing, and asked nothing. */
  readonly exchange?: ExchangeOptions | undefined
}

export type RoutingInput =
  | { readonly kind: 'up' | 'down'; readonly account: string }
  /** The peer's message; wants exactly one `reply` with that id. */
  | {
      readonly kind: 'request'
      readonly account: string
      readonly id: number
      readonly message: RouteMessage
    }
  /** What became of a message of ours. No answer, and any but acceptance, is none. */
  | { readonly kind: 'answered'; readonly id: number; readonly isAccepted: boolean }
  | TimeoutInput

export type RoutingOutput =
  | {
      readonly kind: 'reply'
      readonly account: string
      readonly id: number
      /** Undefined: accepted. */
      readonly refusal: RouteRefusal | undefined
    }
  | {
      readonly kind: 'request'
      readonly account: string
      readonly id: number
      readonly message: RouteMessage
      /** CCP-38: no answer by then is none. */
      readonly deadline: Instant
    }
  | TraceOutput

export type RouteRefusal = 'not-allowed' | 'too-many'

/** What there is of one peer. */
interface Exchange<Peer extends RoutePeer> {
  readonly peer: Peer
  readonly sender: RouteSender<Peer> | undefined
  readonly receiver: RouteReceiver<Peer> | undefined
  readonly allowance: Allowance
}

export class Routing<Peer extends RoutePeer> implements Machine<RoutingInput, RoutingOutput> {
  readonly #routes = new Routes<Peer>()
  readonly #announcements: Announcements<Peer> | undefined
  readonly #options: RoutingOptions<Peer>
  readonly #broadcastIntervalMs: number
  readonly #holdDownMs: number
  readonly #peers = new Map<string, Peer>()
  readonly #exchanges = new Map<string, Exchange<Peer>>()
  /** Those with whom this node ever talks: others, such as most children, are not looked at. */
  readonly #talking = new Set<Exchange<Peer>>()
  readonly #outputs = new Queue<RoutingOutput>()
  /** By the ids of our messages, who takes the answer. */
  readonly #waiting = new Map<number, (isAccepted: boolean, now: Instant) => void>()
  #address: Address
  #static: readonly StaticRoute[]
  /** What is in the table of it. */
  #fixed = new Map<string, readonly NextHop<Peer>[]>()
  #lastId = 0
  #timeoutAt: Instant | undefined

  /** @throws UsageError where a route leads to nobody. */
  constructor(options: RoutingOptions<Peer>) {
    const { address, crypto, exchange, peers, routes } = options
    this.#options = options
    this.#address = address
    this.#broadcastIntervalMs = exchange?.broadcastIntervalMs ?? BROADCAST_INTERVAL_MS
    this.#holdDownMs = exchange?.holdDownMs ?? HOLD_DOWN_MS
    if (exchange !== undefined) {
      const secret = exchange.secret ?? exchange.rng.bytes(SECRET_BYTES)
      this.#announcements = new Announcements({ routes: this.#routes, crypto, secret, address })
    }
    this.#static = routes
    for (const [peer, routing] of peers) this.#addPeer(peer, routing)
    this.#layDown({})
  }

  /** What addresses lead to. */
  get table(): RouteTable<RouteEntry<Peer>> {
    return this.#routes.table
  }

  /** Whether routes are exchanged with anybody. */
  get isExchanging(): boolean {
    return this.#announcements !== undefined
  }

  /** From now on these, instead of the earlier ones. @throws UsageError where one leads to nobody */
  setRoutes(routes: readonly StaticRoute[]): void {
    this.#layDown({ routes })
  }

  /** This node's address from now on; its children's change with it. */
  setAddress(address: Address): void {
    this.#layDown({ address })
    this.#announcements?.readdress(address)
    for (const { receiver } of this.#exchanges.values()) receiver?.begin()
  }

  /** A peer more; its link counts as down until `up` comes in. @throws UsageError where the account is known */
  addPeer(peer: Peer, routing: PeerRouting): void {
    this.#addPeer(peer, routing)
    const prefix = prefixOfChild(this.#address, peer)
    // CCP-49: what the operator has set counts before all.
    if (peer.relation === 'child' && !this.#fixed.has(prefix)) this.#fix(prefix, [{ peer, weight: 1 }])
  }

  /** @throws UsageError where a static route leads to it still */
  removePeer(account: string): void {
    const route = this.#static.find((to) => to.account === account)
    if (route !== undefined) throw new UsageError(`route ${route.prefix} leads to ${account} still`)
    const [peer, exchange] = [this.#peers.get(account), this.#exchanges.get(account)]
    if (peer === undefined) return
    if (exchange !== undefined) this.#stop(exchange)
    this.#peers.delete(account)
    const prefix = prefixOfChild(this.#address, peer)
    if (this.#fixed.get(prefix)?.[0]?.peer === peer) this.#fix(prefix, undefined)
  }

  handle(input: RoutingInput, now: Instant): void {
    switch (input.kind) {
      case 'up':
        this.#exchanges.get(input.account)?.sender?.link(true)
        this.#exchanges.get(input.account)?.receiver?.up(now)
        break
      case 'down':
        this.#exchanges.get(input.account)?.sender?.link(false)
        this.#exchanges.get(input.account)?.receiver?.down()
        break
      case 'request':
        this.#handleMessage(input.account, input.id, input.message, now)
        break
      case 'answered': {
        const take = this.#waiting.get(input.id)
        this.#waiting.delete(input.id)
        take?.(input.isAccepted, now)
        break
      }
      case 'timeout':
        break
    }
    this.#move(now)
  }

  poll(): RoutingOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return this.#timeoutAt
  }

  #addPeer(peer: Peer, routing: PeerRouting): void {
    const { id, relation } = peer
    if (this.#peers.has(id)) throw new UsageError(`there is an account ${id} already`)
    this.#peers.set(id, peer)
    const { exchange } = this.#options
    if (this.#announcements === undefined || exchange === undefined) return
    const { sendRoutes = true, receiveRoutes = relation !== 'child' } = routing // CCP-15, X-CCP2
    const times = { broadcastIntervalMs: this.#broadcastIntervalMs, holdDownMs: this.#holdDownMs }
    const { routesMax = ROUTES_MAX, prefixes } = routing
    const receiving = { routesMax, prefixes, holdDownMs: this.#holdDownMs }
    const sending = { ...times, rng: exchange.rng }
    const both: Exchange<Peer> = {
      peer,
      sender: sendRoutes ? new RouteSender(peer, this.#announcements, sending) : undefined,
      receiver: receiveRoutes ? new RouteReceiver(peer, this.#routes, receiving) : undefined,
      allowance: new Allowance(),
    }
    this.#exchanges.set(id, both)
    if (receiveRoutes) this.#talking.add(both)
  }

  #stop(exchange: Exchange<Peer>): void {
    const { peer, receiver } = exchange
    receiver?.down()
    while (receiver?.drop() === true);
    this.#exchanges.delete(peer.id)
    this.#talking.delete(exchange)
  }

  #fix(prefix: string, hops: readonly NextHop<Peer>[] | undefined): void {
    this.#routes.fix(prefix, hops)
    if (hops === undefined) this.#fixed.delete(prefix)
    else this.#fixed.set(prefix, hops)
    // Whatever is due now is found out at the next timeout.
    if (this.isExchanging) this.#timeoutAt = 0
  }

  /** Puts what is not learnt from peers into the table, as far as it is not there. */
  #layDown({ address = this.#address, routes = this.#static }: Partial<RoutingOptions<Peer>>): void {
    const fixed = fixedRoutes({ address, peers: this.#peers, routes })
    this.#address = address
    this.#static = routes
    for (const prefix of this.#fixed.keys()) if (!fixed.has(prefix)) this.#fix(prefix, undefined)
    for (const [prefix, hops] of fixed) {
      if (!equalHops(this.#fixed.get(prefix), hops)) this.#fix(prefix, hops)
    }
  }

  #handleMessage(account: string, id: number, message: RouteMessage, now: Instant): void {
    const exchange = this.#exchanges.get(account)
    const refusal = exchange === undefined ? 'not-allowed' : this.#take(exchange, message, now)
    this.#outputs.push({ kind: 'reply', account, id, refusal })
  }

  #take(exchange: Exchange<Peer>, message: RouteMessage, now: Instant): RouteRefusal | undefined {
    const { sender, receiver, allowance } = exchange
    // CCP-14
    if ((message.kind === 'control' ? sender : receiver) === undefined) return 'not-allowed'
    if (!allowance.take(now)) return 'too-many'
    this.#talking.add(exchange)
    if (message.kind === 'control') sender?.handleControl(message)
    else this.#takeUpdate(exchange, message, now)
    return undefined
  }

  #takeUpdate({ peer, receiver }: Exchange<Peer>, update: RouteUpdate, now: Instant): void {
    const received = receiver?.handleUpdate(update, this.#address, now)
    if (received === undefined) return
    const { outcome, refused, takenOver } = received
    const account = peer.id
    if (outcome === 'gap') this.#trace('routing.gap', { account, fromEpoch: update.fromEpoch })
    if (refused > 0) this.#trace('routing.routes-refused', { account, refused })
    const [prefix] = takenOver
    if (prefix !== undefined)
      this.#trace('routing.owner-changed', { account, prefix, prefixes: takenOver.length })
  }

  /** Sends what is due, and finds out when the next is. */
  #move(now: Instant): void {
    this.#timeoutAt = undefined
    for (const exchange of this.#talking) this.#expire(exchange, now)
    // One at a time: the others have a turn of their own, at once.
    for (const { receiver } of this.#talking) if (receiver?.drop() === true) break
    for (const { peer, sender, receiver } of this.#talking) {
      const control = receiver?.takeControl(now)
      if (control !== undefined)
        this.#send(peer, control, now, (ok, at) => receiver?.answered(control, ok, at))
      const update = sender?.takeUpdate(now)
      if (update !== undefined) this.#send(peer, update, now, (ok, at) => sender?.answered(update, ok, at))
    }
    for (const { sender, receiver } of this.#talking) {
      this.#noteTimeout(sender?.nextTimeout())
      this.#noteTimeout(receiver?.nextTimeout())
    }
  }

  #expire({ peer, receiver }: Exchange<Peer>, now: Instant): void {
    const routes = receiver?.expire(now)
    if (routes !== undefined) this.#trace('routing.expired', { account: peer.id, routes })
  }

  #noteTimeout(at: Instant | undefined): void {
    if (at !== undefined && (this.#timeoutAt === undefined || at < this.#timeoutAt)) this.#timeoutAt = at
  }

  #send(
    { id: account }: Peer,
    message: RouteMessage,
    now: Instant,
    take: (isAccepted: boolean, now: Instant) => void,
  ): void {
    const id = ++this.#lastId
    this.#waiting.set(id, take)
    this.#outputs.push({ kind: 'request', account, id, message, deadline: now + this.#broadcastIntervalMs })
  }

  #trace(event: string, fields: TraceOutput['fields']): void {
    this.#outputs.push({ kind: 'trace', event, fields })
  }
}

function equalHops<Peer>(a: readonly NextHop<Peer>[] | undefined, b: readonly NextHop<Peer>[]): boolean {
  return (
    a?.length === b.length && a.every(({ peer, weight }, i) => peer === b[i]!.peer && weight === b[i]!.weight)
  )
}

const SECRET_BYTES = 32
