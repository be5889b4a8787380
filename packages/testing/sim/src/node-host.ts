/**
 * Runs one connector's node as `apps/connector` does: journal, ledgers, links, settlements, one timer. Testing.
 * Its process may end between any two things that it does; the next one starts from what is durable.
 */
import { AccountBook, type Hold } from '@hourglass/books'
import {
  type Account,
  type ConnectorOptions,
  Node,
  type NodeInput,
  type NodeOutput,
} from '@hourglass/connector'
import type { Address } from '@hourglass/ilp'
import type { LedgerAction, LedgerSession } from '@hourglass/ledger'
import type { Link } from '@hourglass/link'
import { type Instant, equalBytes } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { Chance } from './chance.ts'
import { type CheatPlan, CheatingLink } from './cheats.ts'
import { Clock } from './clock.ts'
import { Disk } from './disk.ts'
import { isFairAmount } from './fair-amount.ts'
import { type HostAccount, newLink, newSettlement } from './host-account.ts'
import type { Log } from './log.ts'
import type { ConnectorPlan, SettlementPlan } from './plan.ts'
import { Timer } from './timer.ts'
import { check } from './violation.ts'
import { ClaimWatch } from './watch/claim-watch.ts'
import { type Outgoing, PacketWatch, type WatchedNode } from './watch/packet-watch.ts'
import { WatchedLink, type LinkWatch } from './watch/watched-link.ts'
import { WatchedSettlement } from './watch/watched-settlement.ts'
import type { World } from './world.ts'

/** What all hosts of a run share. */
export interface HostWorld {
  readonly world: World
  readonly log: Log
  readonly chance: Chance
}

/** One life of the node. */
interface Process {
  readonly node: Node
  readonly accounts: ReadonlyMap<string, Readonly<Account>>
  readonly sessions: ReadonlyMap<string, LedgerSession>
}

export class NodeHost implements WatchedNode {
  readonly name: string
  readonly clock: Clock
  readonly disk: Disk
  readonly accounts = new Map<string, HostAccount>()
  /** Claims of the settled accounts, across all lives. */
  readonly claims = new Map<string, ClaimWatch>()
  /** Called when an input has been handled and all its outputs carried out. */
  afterStep: () => void = () => undefined
  readonly packets = new PacketWatch(this)
  readonly #plan: ConnectorPlan
  readonly #shared: HostWorld
  readonly #chance: Chance
  readonly #timer: Timer
  #process: Process | undefined
  #lives = 0
  #crash: { outputsLeft: number; readonly downMs: number } | undefined
  /** What the last process had no answer to. */
  #orphans: readonly Outgoing[] = []
  /** What came in since the process stands still. */
  #stalled: NodeInput[] | undefined
  #durable: { version: number; readonly books: Map<string, AccountBook> } = { version: -1, books: new Map() }

  /** How it cheats; undefined: it is honest. */
  readonly cheat: CheatPlan | undefined

  constructor(plan: ConnectorPlan, shared: HostWorld, cheat?: CheatPlan) {
    const { world } = shared
    this.cheat = cheat
    this.name = plan.name
    this.#plan = plan
    this.#shared = shared
    this.#chance = shared.chance.fork(plan.name)
    this.clock = new Clock(world, plan.skewMs)
    this.disk = new Disk(world, this.#chance.fork('disk'), plan.disk)
    this.disk.report = (isWorking) => this.#tellStore(isWorking)
    this.#timer = new Timer(world, this.clock, this.#chance.fork('timer'), () =>
      this.push({ kind: 'timeout' }),
    )
  }

  /** Whether it takes connections. */
  get isRunning(): boolean {
    return this.#process !== undefined && this.#stalled === undefined
  }

  /** The life that runs now. */
  get process(): Process | undefined {
    return this.#process
  }

  now(): Instant {
    return this.clock.now()
  }

  /** Before the first start. */
  addAccount(account: HostAccount): void {
    const { id, terms, chain } = account
    this.accounts.set(id, account)
    if (chain === undefined) return
    const { scale } = terms.asset
    const ledgerScale = chain.open(this.name).assetScale('native')
    const toAccount = (total: bigint): bigint => (total * 10n ** BigInt(scale)) / 10n ** BigInt(ledgerScale)
    this.claims.set(id, new ClaimWatch({ node: this.name, account: id, disk: this.disk, chain, toAccount }))
  }

  start(): void {
    if (this.#process !== undefined) return
    this.clock.restart()
    this.#shared.log.add(this.name, 'process.start')
    this.#process = this.#boot()
    this.push({ kind: 'timeout' })
    if (!this.disk.isWorking) this.#tellStore(false)
    for (const { wire } of this.accounts.values()) wire.wake()
  }

  push(input: NodeInput): void {
    const process = this.#process
    if (process === undefined) return
    if (this.#stalled !== undefined) {
      this.#stalled.push(input)
      return
    }
    const { node } = process
    node.handle(input, this.clock.now())
    for (let output = node.poll(); output !== undefined; output = node.poll()) {
      if (this.#isOver(output)) return
      this.#perform(process, output)
    }
    this.#timer.arm(node.nextTimeout())
    this.afterStep()
  }

  /** Whether the process ends before this output. Traces do not count: a run with a log is the same run. */
  #isOver({ kind }: NodeOutput): boolean {
    const crash = this.#crash
    if (crash === undefined || kind === 'trace' || crash.outputsLeft-- > 0) return false
    this.#end(crash.downMs)
    return true
  }

  /** Ends the process after so many more outputs, or soon where it has none; it starts again after `downMs`. */
  crash(outputsLeft: number, downMs: number): void {
    if (this.#process === undefined || this.#crash !== undefined) return
    const crash = { outputsLeft, downMs }
    this.#crash = crash
    this.#shared.world.after(PATIENCE_MS, () => {
      if (this.#crash === crash) this.#end(downMs)
    })
  }

  /** The process stands still for a while: what comes in waits. */
  stall(ms: number): void {
    const process = this.#process
    if (process === undefined || this.#stalled !== undefined) return
    const stalled: NodeInput[] = []
    this.#stalled = stalled
    this.#shared.log.add(this.name, 'process.stalls', { ms })
    this.#shared.world.after(ms, () => {
      if (this.#stalled !== stalled) return
      this.#stalled = undefined
      for (const input of stalled) this.push(input)
    })
  }

  /** The operator asks the ledger for what the newest channel to that peer holds, behind the node's back. */
  requestClose(account: string): void {
    const chain = this.accounts.get(account)?.chain
    const open = chain?.ledger.channels().filter(({ terms, closesAt, closed }) => {
      return terms.source === this.name && terms.destination === account && closesAt === undefined && !closed
    })
    const channelId = open?.at(-1)?.id
    if (chain === undefined || channelId === undefined) return
    chain
      .open(this.name)
      .connect(() => undefined)
      .perform({ kind: 'request-close', id: 1, channelId })
  }

  collect(): void {
    for (const account of this.claims.keys()) this.push({ kind: 'collect', account })
  }

  isFairAmount(change: { source: string; incoming: bigint; destination: string; outgoing: bigint }): boolean {
    const { source, incoming, destination, outgoing } = change
    const from = this.accounts.get(source)!.terms.asset
    const to = this.accounts.get(destination)!.terms.asset
    return isFairAmount(this.#plan, { from, incoming, to, outgoing })
  }

  durableTotals(account: string): AccountBook {
    const { books } = this.#durable
    if (this.#durable.version !== this.disk.version) books.clear()
    this.#durable.version = this.disk.version
    let book = books.get(account)
    if (book === undefined) {
      book = new AccountBook(account, this.accounts.get(account)!.terms.asset)
      books.set(account, book)
      const record = this.disk.read(`account/${account}`)
      if (record !== undefined) book.restore(record)
    }
    return book
  }

  isHoldDurable(executionCondition: Uint8Array): boolean {
    return this.disk.holds(HOLD_PREFIX, executionCondition)
  }

  #tellStore(isWorking: boolean): void {
    this.#shared.log.add(this.name, isWorking ? 'disk.works' : 'disk.fails')
    this.push({ kind: 'store', isWorking } as unknown as NodeInput)
  }

  #boot(): Process {
    const records = this.disk.load()
    const sessions = new Map<string, LedgerSession>()
    const connectorOptions = this.#connectorOptions()
    const stacks = Array.from(this.accounts.values(), (account) => {
      const { id, chain } = account
      const link = this.#link(account)
      const plan = account.terms.settlement
      const claims = this.claims.get(id)
      if (chain === undefined || plan === undefined || claims === undefined) return { id, link }
      const rng = this.#chance.fork(`settlement ${id} ${this.disk.version}`)
      const settlement = newSettlement(account, { node: this.name, chain, plan, rng })
      settlement.restore(records)
      const hear = chain.open(this.name).connect((event) => this.push({ kind: 'ledger', account: id, event }))
      sessions.set(id, hear)
      const isWatched = this.cheat === undefined
      return { id, link, settlement: isWatched ? new WatchedSettlement(settlement, claims) : settlement }
    })
    const node = new Node({ ...connectorOptions, stacks })
    node.restore(records)
    const accounts = new Map(
      Array.from(node.connector.accounts(), (account) => [account.id, account] as const),
    )
    for (const account of accounts.values()) this.packets.begin(account.id, account)
    const holds = [...node.connector.books.holds.values()]
    this.packets.revive(holds)
    this.#checkOrphans(holds)
    return { node, accounts, sessions }
  }

  /** Honest nodes are watched, and cheats are let cheat. */
  #link(account: HostAccount): Link<never, unknown> {
    const { id, chain } = account
    const link = newLink(account, this.name)
    if (this.cheat === undefined) return new WatchedLink(link, this.#watch(id))
    const chance = this.#chance.fork(`cheat ${id} ${this.disk.version}`)
    return new CheatingLink(link, { plan: this.cheat, chance, scheme: chain?.open(this.name).scheme })
  }

  /** Money that left and came to no end is known to whoever starts from the records. */
  #checkOrphans(holds: readonly Hold[]): void {
    for (const { account, prepare } of this.#orphans) {
      const isKnown = holds.some(
        (hold) =>
          hold.destination.id === account.id &&
          hold.outgoingAmount === prepare.amount &&
          equalBytes(hold.executionCondition, prepare.executionCondition),
      )
      check(isKnown, 'holds-survive', [this.name], () => `${prepare.amount} to ${account.id} is forgotten`)
    }
    this.#orphans = []
  }

  #watch(id: string): LinkWatch {
    const watch = this.packets.watch(id)
    const claims = this.claims.get(id)
    if (claims === undefined) return watch
    return {
      ...watch,
      asked: (requestId, protocol, body) => {
        claims.asked(protocol, body)
        watch.asked(requestId, protocol, body)
      },
      asks: (request) => {
        claims.asks(request)
        watch.asks(request)
      },
    }
  }

  #perform({ sessions }: Process, output: NodeOutput): void {
    switch (output.kind) {
      case 'wire': {
        const { wire, side } = this.accounts.get(output.account)!
        wire.perform(side, output.wire)
        break
      }
      case 'ledger':
        sessions.get(output.account)?.perform(output.action as LedgerAction)
        break
      case 'commit':
        this.disk.commit(
          () => output.records,
          () => this.push({ kind: 'committed', id: output.id }),
        )
        break
      case 'trace':
        this.#shared.log.add(this.name, output.event, output.fields)
        break
    }
  }

  #end(downMs: number): void {
    const process = this.#process!
    this.#shared.log.add(this.name, 'process.end', { downMs })
    this.#process = undefined
    this.#crash = undefined
    this.#stalled = undefined
    this.#orphans = this.packets.end()
    this.#timer.stop()
    this.disk.crash()
    for (const session of process.sessions.values()) session.close()
    for (const { wire, side } of this.accounts.values()) wire.ended(side)
    this.#shared.world.after(downMs, () => this.start())
  }

  #connectorOptions(): ConnectorOptions {
    const { rates, spread, holdTimeMsMax, nextHops } = this.#plan
    return {
      address: addressOf(this.name),
      crypto: nodeCrypto,
      accounts: Array.from(this.accounts.values(), (account) => ({
        ...accountOptions(account),
        holdTimeMsMax,
      })),
      routes: Array.from(nextHops ?? [], ([name, account]) => ({ prefix: addressOf(name), account })),
      ...(nextHops === undefined && { routing: { rng: this.#chance.fork(`routes ${++this.#lives}`) } }),
      rates,
      ...(spread !== undefined && { spread }),
      tracePackets: this.#shared.log.isOn,
    }
  }
}

/** More than there is: what came too late is always written off. */
const WRITE_OFF_MAX = 10n ** 30n

/** Under which the books keep what is under way. */
const HOLD_PREFIX = 'hold/'

/** A process that does nothing more ends all the same. */
const PATIENCE_MS = 500

export function addressOf(name: string): Address {
  return `test.${name}` as Address
}

function accountOptions({ id, terms, relation, routing }: HostAccount): ConnectorOptions['accounts'][number] {
  const { asset, balanceMax, prepay, packetAmountMax, settlement } = terms
  return {
    id,
    relation,
    routing,
    asset,
    balanceMax,
    writeOffMax: WRITE_OFF_MAX,
    ...(packetAmountMax !== undefined && { packetAmountMax }),
    ...(prepay === undefined ? settleOptions(settlement) : { prepay }),
  }
}

function settleOptions(plan: SettlementPlan | undefined): { settleThreshold?: bigint; settleTo?: bigint } {
  return plan === undefined ? {} : { settleThreshold: plan.threshold, settleTo: plan.settleTo }
}
