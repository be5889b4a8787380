/**
 * Watches the packets that pass through one node from outside, by condition, not by what the node says. Testing.
 *
 *   incoming: open → forwarded → answered            outgoing: open → fulfilled | rejected | late | unknown
 *
 * An outgoing packet is unknown when its link or our process ended first: the peer may have fulfilled it, and the
 * node has to find out.
 */
import type { Hold } from '@hourglass/books'
import { type Prepare, PacketType, decodeFulfill, decodePrepare } from '@hourglass/ilp'
import { ILP_PROTOCOL } from '@hourglass/connector'
import type { LinkFailure, LinkInput } from '@hourglass/link'
import { type Instant, equalBytes } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { Violation, check } from '../violation.ts'
import type { LinkWatch } from './watched-link.ts'

/** What the watch asks of the node that it stands beside. */
export interface WatchedNode {
  readonly name: string
  now(): Instant
  /** Whether a packet may become that one: its amount at the node's rate, or less. */
  isFairAmount(change: { source: string; incoming: bigint; destination: string; outgoing: bigint }): boolean
  /** What a process that started now would know of that account. */
  durableTotals(account: string): PacketTotals
  /** Whether it would know of a packet of that condition. */
  isHoldDurable(executionCondition: Uint8Array): boolean
}

/** What packets have moved on one account, in all. */
export interface PacketTotals {
  readonly incoming: bigint
  readonly outgoing: bigint
}

interface Incoming {
  readonly account: AccountPackets
  readonly id: number
  readonly prepare: Prepare
  readonly condition: string
  outgoing: Outgoing | undefined
}

/** A Prepare that the node sent on. */
export interface Outgoing {
  readonly account: AccountPackets
  readonly prepare: Prepare
  readonly incoming: Incoming
  /** Unknown: the peer may have fulfilled it, whatever we tell. */
  state: 'open' | 'fulfilled' | 'rejected' | 'late' | 'unknown'
}

/** The packets of one account. */
export class AccountPackets {
  readonly id: string
  /** The peer's Prepares that wait for an answer, and ours. */
  readonly incomingOpen = new Map<number, Incoming>()
  readonly outgoingOpen = new Map<number, Outgoing>()
  /** Of those that were forwarded, in all. */
  heldIncoming = 0n
  heldOutgoing = 0n
  /** Totals when the process started, and what was fulfilled since: the least that they may be. */
  readonly least = { incoming: 0n, outgoing: 0n }
  /** What may have been fulfilled beyond that, in all lives. */
  readonly unknown = { incoming: 0n, outgoing: 0n }
  /** Whether the peer may have fulfilled what we count as not fulfilled. */
  hasLost = false
  /** What the peer has been shown of `incoming`, and what that means for `outgoing`. */
  readonly revealed = { incoming: 0n, outgoing: 0n }

  constructor(id: string) {
    this.id = id
  }
}

export class PacketWatch {
  readonly #node: WatchedNode
  readonly #accounts = new Map<string, AccountPackets>()
  /** Incoming packets that were neither forwarded nor answered. */
  readonly #waiting = new Map<string, Incoming[]>()
  /** Since the process began. */
  #rejected: Outgoing[] = []
  /** Prepares that were sent on. */
  forwarded = 0
  /** Called with every one: the accounts that it came from and goes to. */
  afterForward: (source: string, destination: string) => void = () => undefined
  /** Called with every one that the node has for the peer itself. */
  afterTelling: (peer: string, prepare: Prepare) => void = () => undefined

  constructor(node: WatchedNode) {
    this.#node = node
  }

  accounts(): IterableIterator<AccountPackets> {
    return this.#accounts.values()
  }

  /** A process has started with these totals. */
  begin(id: string, { incoming, outgoing }: PacketTotals): void {
    const { least, unknown, revealed } = this.#account(id)
    // What was posted and not durable has to be found out anew.
    if (least.incoming > incoming) unknown.incoming += least.incoming - incoming
    if (least.outgoing > outgoing) unknown.outgoing += least.outgoing - outgoing
    for (const totals of [least, revealed]) Object.assign(totals, { incoming, outgoing })
  }

  /** The process is gone. Returns what it sent on and had no answer to: money that the next one must know of. */
  end(): Outgoing[] {
    const orphans: Outgoing[] = []
    for (const account of this.#accounts.values()) {
      account.incomingOpen.clear()
      account.heldIncoming = account.heldOutgoing = 0n
      for (const outgoing of account.outgoingOpen.values()) {
        this.#lose(outgoing)
        if (outgoing.incoming.prepare.amount > 0n) orphans.push(outgoing)
      }
      account.outgoingOpen.clear()
    }
    this.#waiting.clear()
    return orphans
  }

  /**
   * A process knows these holds: where the last one did not live to record a rejection, it
   * has to be found out anew.
   */
  revive(holds: Iterable<Hold>): void {
    for (const { destination, outgoingAmount, executionCondition } of holds) {
      const again = this.#rejected.find(
        ({ account, prepare, state }) =>
          state === 'rejected' &&
          account.id === destination.id &&
          prepare.amount === outgoingAmount &&
          equalBytes(prepare.executionCondition, executionCondition),
      )
      if (again !== undefined) this.#lose(again)
    }
    this.#rejected = []
  }

  /** Looks at what passes on that account. */
  watch(id: string): LinkWatch {
    const account = this.#account(id)
    return {
      asked: (requestId, protocol, body) => {
        if (protocol === ILP_PROTOCOL) this.#asked(account, requestId, body)
      },
      answers: (requestId, body) => this.#answers(account, requestId, body),
      asks: (request) => {
        if (request.protocol === ILP_PROTOCOL) this.#asks(account, request)
      },
      answered: (requestId, answer) => this.#answered(account, requestId, answer),
    }
  }

  #account(id: string): AccountPackets {
    let account = this.#accounts.get(id)
    if (account === undefined) this.#accounts.set(id, (account = new AccountPackets(id)))
    return account
  }

  #fail(invariant: string, message: string): never {
    throw new Violation(invariant, [this.#node.name], message)
  }

  #asked(account: AccountPackets, id: number, body: Uint8Array): void {
    const prepare = readPrepare(body)
    if (prepare === undefined) return
    const condition = conditionOf(prepare)
    const incoming: Incoming = { account, id, prepare, condition, outgoing: undefined }
    account.incomingOpen.set(id, incoming)
    const waiting = this.#waiting.get(condition)
    if (waiting === undefined) this.#waiting.set(condition, [incoming])
    else waiting.push(incoming)
  }

  #asks(
    account: AccountPackets,
    { id, body, deadline }: Extract<LinkInput<unknown>, { kind: 'request' }>,
  ): void {
    const prepare = decodePrepare(body.slice())
    if (isLocal(prepare)) return this.afterTelling(account.id, prepare)
    const incoming = this.#before(prepare, account)
    if (incoming === undefined) return this.#fail('forwarded-from-nothing', `a Prepare to ${account.id}`)
    this.#forget(incoming)
    const names = [this.#node.name]
    const { amount, expiresAt } = incoming.prepare
    check(
      prepare.expiresAt < expiresAt,
      'outgoing-expires-first',
      names,
      () => `${prepare.expiresAt} of ${expiresAt}`,
    )
    check(
      deadline <= prepare.expiresAt,
      'deadline-by-expiry',
      names,
      () => `${deadline} of ${prepare.expiresAt}`,
    )
    const isDurable = amount === 0n || this.#node.isHoldDurable(prepare.executionCondition)
    check(isDurable, 'hold-before-forward', names, () => `${amount} from ${incoming.account.id}`)
    const change = {
      source: incoming.account.id,
      incoming: amount,
      destination: account.id,
      outgoing: prepare.amount,
    }
    check(this.#node.isFairAmount(change), 'fair-amount', names, () => `${amount} became ${prepare.amount}`)
    const outgoing: Outgoing = { account, prepare, incoming, state: 'open' }
    incoming.outgoing = outgoing
    account.outgoingOpen.set(id, outgoing)
    account.heldOutgoing += prepare.amount
    incoming.account.heldIncoming += amount
    this.forwarded++
    this.afterForward(incoming.account.id, account.id)
  }

  /** What it was when it came: where a cheat has sent several with one condition, one that may become this. */
  #before(prepare: Prepare, { id: destination }: AccountPackets): Incoming | undefined {
    const waiting = this.#waiting.get(conditionOf(prepare)) ?? []
    if (waiting.length < 2) return waiting[0]
    const fits = ({ account: { id: source }, prepare: { amount, expiresAt } }: Incoming): boolean => {
      if ((amount === 0n) !== (prepare.amount === 0n) || prepare.expiresAt >= expiresAt) return false
      return this.#node.isFairAmount({ source, incoming: amount, destination, outgoing: prepare.amount })
    }
    return waiting.find(fits) ?? waiting[0]
  }

  #answered(account: AccountPackets, id: number, answer: Uint8Array | LinkFailure): void {
    const outgoing = account.outgoingOpen.get(id)
    if (outgoing === undefined) return
    account.outgoingOpen.delete(id)
    const { prepare, incoming } = outgoing
    account.heldOutgoing -= prepare.amount
    incoming.account.heldIncoming -= incoming.prepare.amount
    if (typeof answer === 'string') {
      if (answer === 'lost') this.#lose(outgoing)
      else this.#reject(outgoing)
    } else if (!fulfills(answer, prepare)) {
      this.#reject(outgoing)
    } else if (this.#node.now() >= prepare.expiresAt) {
      this.#lose(outgoing, 'late')
    } else {
      outgoing.state = 'fulfilled'
      account.least.outgoing += prepare.amount
      incoming.account.least.incoming += incoming.prepare.amount
    }
  }

  #answers(account: AccountPackets, id: number, body: Uint8Array | undefined): void {
    const incoming = account.incomingOpen.get(id)
    if (incoming === undefined) return
    account.incomingOpen.delete(id)
    const { outgoing } = incoming
    if (outgoing === undefined) this.#forget(incoming)
    if (body?.[0] !== PacketType.Fulfill) {
      if (outgoing?.state !== 'fulfilled') return
      return this.#fail('fulfillment-becomes-reject', `${account.id} is owed a Fulfill`)
    }
    if (isLocal(incoming.prepare)) return
    if (!fulfills(body, incoming.prepare))
      this.#fail('valid-fulfillment', `${account.id} gets one that does not fit`)
    // What is unknown may turn out as fulfilled: nobody but the next peer can have told what fits the condition.
    if (outgoing?.state !== 'fulfilled' && outgoing?.state !== 'unknown') {
      return this.#fail(
        'outgoing-fulfilled-first',
        `${account.id} gets a Fulfill; outgoing: ${outgoing?.state}`,
      )
    }
    this.#reveal(incoming, outgoing)
  }

  /** Commit before reveal: a process that started now would know of it. */
  #reveal({ account: source, prepare }: Incoming, { account: destination, prepare: sent }: Outgoing): void {
    source.revealed.incoming += prepare.amount
    destination.revealed.outgoing += sent.amount
    const known = this.#node.durableTotals(source.id)
    const knownBeyond = this.#node.durableTotals(destination.id)
    const isDurable =
      known.incoming >= source.revealed.incoming && knownBeyond.outgoing >= destination.revealed.outgoing
    if (!isDurable) this.#fail('commit-before-reveal', `${source.id} gets a Fulfill of ${prepare.amount}`)
  }

  #lose(outgoing: Outgoing, state: 'late' | 'unknown' = 'unknown'): void {
    outgoing.state = state
    outgoing.account.hasLost = true
    outgoing.account.unknown.outgoing += outgoing.prepare.amount
    outgoing.incoming.account.unknown.incoming += outgoing.incoming.prepare.amount
  }

  #reject(outgoing: Outgoing): void {
    outgoing.state = 'rejected'
    this.#rejected.push(outgoing)
  }

  #forget(incoming: Incoming): void {
    const { condition } = incoming
    const waiting = this.#waiting.get(condition)?.filter((other) => other !== incoming) ?? []
    if (waiting.length === 0) this.#waiting.delete(condition)
    else this.#waiting.set(condition, waiting)
  }
}

function readPrepare(body: Uint8Array): Prepare | undefined {
  try {
    // A copy: the node rewrites the octets that it was given.
    return decodePrepare(body.slice())
  } catch {
    return undefined
  }
}

function conditionOf({ executionCondition }: Prepare): string {
  const { buffer, byteOffset, length } = executionCondition
  return Buffer.from(buffer, byteOffset, length).toString('latin1')
}

/** A Fulfill that does what the Prepare asks. */
function fulfills(body: Uint8Array, { executionCondition }: Prepare): boolean {
  if (body[0] !== PacketType.Fulfill) return false
  try {
    return equalBytes(nodeCrypto.sha256(decodeFulfill(body).fulfillment), executionCondition)
  } catch {
    return false
  }
}

/** For the peer itself, and for nothing. */
function isLocal({ destination, amount }: Prepare): boolean {
  return amount === 0n && destination.startsWith('peer.')
}
