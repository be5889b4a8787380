/**
 * Two channel settlements, a ledger in memory and a link between them, in virtual time. Whatever happens next is
 * the test's choice: deliver, lose, commit, hear the ledger, crash. Testing.
 */
import { MemoryJournal } from '@hourglass/journal'
import { type LedgerAction, type LedgerEvent, type LedgerSession, MemoryLedger } from '@hourglass/ledger'
import type { Rng, TraceOutput } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { ChannelSettlement } from '../channel-settlement.ts'
import type { ChannelOptions } from '../options.ts'

export type Name = 'alice' | 'bob'

export function other(name: Name): Name {
  return name === 'alice' ? 'bob' : 'alice'
}

/** A message on its way, or a copy of one. */
export interface Message {
  readonly to: Name
  readonly kind: 'request' | 'reply' | 'refuse'
  readonly id: number
  readonly body: Uint8Array
}

type Distribute<T> = T extends unknown ? Omit<T, 'id'> : never

/** One side, its journal, and what has not reached it yet. */
export class Side {
  readonly name: Name
  machine!: ChannelSettlement
  session!: LedgerSession
  readonly journal = new MemoryJournal()
  readonly traces: TraceOutput[] = []
  /** What the ledger has told, and this side has not heard. */
  events: LedgerEvent[] = []
  /** Requests of ours that wait for their one answer: id to deadline. */
  readonly questions = new Map<number, number>()
  /** Totals that were told, in order; those of `received` by each life of the process. */
  readonly sentTotals: bigint[] = []
  receivedTotals: bigint[] = []

  constructor(name: Name) {
    this.name = name
  }

  get sent(): bigint {
    return this.sentTotals.at(-1) ?? 0n
  }

  get received(): bigint {
    return this.receivedTotals.at(-1) ?? 0n
  }

  tracesOf(event: string): TraceOutput['fields'][] {
    return this.traces.filter((trace) => trace.event === event).map(({ fields }) => fields)
  }
}

export const DELAY_MS = 60_000
const START = 1_000_000
export const MINTED = 1_000_000n

export class Peering {
  readonly ledger = new MemoryLedger()
  readonly alice = new Side('alice')
  readonly bob = new Side('bob')
  messages: Message[] = []
  now = START
  isUp = false
  #references = 0
  #connection = 0
  /** Requests that were delivered and want an answer: the id that their reader has for them, and the asker's. */
  readonly #asked = new Map<number, { readonly id: number; readonly connection: number }>()
  /** Ids that no machine gives. */
  #lastId = 1_000_000
  readonly #options: Partial<ChannelOptions>

  constructor(options: Partial<ChannelOptions> = {}) {
    this.#options = options
    this.ledger.now = this.now
    for (const side of this.sides()) {
      this.ledger.mint(side.name, MINTED)
      this.#boot(side)
    }
  }

  /** Requests that were delivered on this connection and have no answer. */
  get unanswered(): number {
    return [...this.#asked.values()].filter(({ connection }) => connection === this.#connection).length
  }

  sides(): [Side, Side] {
    return [this.alice, this.bob]
  }

  connect(): void {
    if (this.isUp) return
    this.isUp = true
    this.#connection++
    for (const side of this.sides()) this.handle(side, { kind: 'up' })
  }

  /** Messages under way are lost. */
  disconnect(): void {
    if (!this.isUp) return
    this.#cut()
    for (const side of this.sides()) {
      this.handle(side, { kind: 'down' })
      this.#fail(side, Infinity)
    }
  }

  /** Ends a side's process: what it had not made durable or not heard is lost, and so is its connection. */
  crash(side: Side): void {
    side.session.close()
    side.journal.lose()
    side.events = []
    side.questions.clear()
    side.receivedTotals = []
    this.#boot(side)
    if (!this.isUp) return
    this.#cut()
    const left = this[other(side.name)]
    this.handle(left, { kind: 'down' })
    this.#fail(left, Infinity)
  }

  handle(side: Side, input: Parameters<ChannelSettlement['handle']>[0]): void {
    side.machine.handle(input, this.now)
    this.#drain(side)
  }

  settle(side: Side, total: bigint): void {
    this.handle(side, { kind: 'settle', total })
  }

  /** Performs an action with the side's ledger account, as whoever runs the node may. */
  perform(side: Side, action: Distribute<LedgerAction>): void {
    side.session.perform({ ...action, id: ++this.#lastId })
  }

  /** Brings a message where it goes; a copy of it may stay on its way. */
  deliver(index = 0, isCopied = false): void {
    const message = this.messages[index]
    if (message === undefined) return
    if (!isCopied) this.messages.splice(index, 1)
    const side = this[message.to]
    const { kind, id, body } = message
    if (kind === 'request') {
      this.#asked.set(++this.#lastId, { id, connection: this.#connection })
      return this.handle(side, { kind, id: this.#lastId, body })
    }
    if (!side.questions.delete(id)) return // The link has given up on that request.
    if (kind === 'reply') this.handle(side, { kind, id, body })
    else this.handle(side, { kind: 'failed', id, failure: 'refused' })
  }

  lose(index: number): void {
    this.messages.splice(index, 1)
  }

  /** A request out of the blue; returns what answers it once all has come to rest, undefined where it is refused. */
  ask(side: Side, body: Uint8Array): Uint8Array | undefined {
    const id = -++this.#lastId
    this.messages = [{ to: side.name, kind: 'request', id, body }]
    this.deliver()
    for (let i = 0; i < 3; i++) {
      const answer = this.messages.find((message) => message.to !== side.name && message.id === id)
      if (answer !== undefined) return answer.kind === 'reply' ? answer.body : undefined
      side.journal.flush()
      this.ledger.run()
      this.hear(side)
      if (i === 1) this.pass(CLAIM_WAIT_MS)
    }
    throw new Error(`${side.name} does not answer`)
  }

  /** Lets the side hear the next things that the ledger has told. */
  hear(side: Side, max = Infinity): void {
    for (const event of side.events.splice(0, max)) this.handle(side, { kind: 'ledger', event })
  }

  pass(ms: number): void {
    this.now += ms
    this.ledger.now = this.now
    for (const side of this.sides()) {
      this.#fail(side, this.now)
      const due = side.machine.nextTimeout()
      if (due !== undefined && due <= this.now) this.handle(side, { kind: 'timeout' })
    }
  }

  /** Lets everything happen that is to happen, without faults, while `ms` pass. */
  rest(ms = 2 * DELAY_MS): void {
    const end = this.now + ms
    while (this.now < end) {
      this.flow()
      const times = this.sides().flatMap((side) => [
        side.machine.nextTimeout() ?? end,
        ...side.questions.values(),
      ])
      this.pass(Math.max(Math.min(end, ...times) - this.now, 1))
    }
  }

  /** Lets everything happen that needs no time. */
  flow(): void {
    for (let i = 0; i < TURNS_MAX; i++) {
      if (this.#isIdle()) return
      for (const side of this.sides()) side.journal.flush()
      this.ledger.run()
      for (const side of this.sides()) this.hear(side)
      while (this.messages.length > 0) this.deliver()
    }
    throw new Error('the two sides never come to rest')
  }

  #isIdle(): boolean {
    const isQuiet = this.sides().every(({ journal, events }) => journal.waiting === 0 && events.length === 0)
    return isQuiet && this.ledger.waiting === 0 && this.messages.length === 0
  }

  #cut(): void {
    this.isUp = false
    this.#connection++
    this.messages = []
  }

  /** Ends the questions whose deadline has come, as the link does. */
  #fail(side: Side, until: number): void {
    for (const [id, deadline] of side.questions) {
      if (deadline > until || !side.questions.delete(id)) continue
      this.handle(side, { kind: 'failed', id, failure: 'lost' })
    }
  }

  #boot(side: Side): void {
    const ledger = this.ledger.open(side.name)
    side.machine = new ChannelSettlement({
      account: 'peer',
      accountScale: 9,
      ledgerName: ledger.name,
      ledgerAccount: ledger.account,
      ledgerScale: 9,
      scheme: ledger.scheme,
      asset: 'native',
      rng: this.#rng(),
      crypto: nodeCrypto,
      deposit: 100n,
      settleDelayMs: DELAY_MS,
      settleDelayMsMin: DELAY_MS,
      ...this.#options,
    })
    side.session = ledger.connect((event) => side.events.push(event))
    side.machine.restore(side.journal.load(''))
    this.#drain(side)
  }

  #rng(): Rng {
    return { bytes: (length) => new Uint8Array(length).fill(++this.#references) }
  }

  #drain(side: Side): void {
    const { machine } = side
    for (let output = machine.poll(); output !== undefined; output = machine.poll()) {
      switch (output.kind) {
        case 'request':
          side.questions.set(output.id, output.deadline)
          this.#ask(side, output)
          break
        case 'reply':
        case 'refuse':
          this.#answer(side, output)
          break
        case 'ledger':
          side.session.perform(output.action)
          break
        case 'commit': {
          const { id } = output
          side.journal.commit(output.records, () => this.handle(side, { kind: 'committed', id }))
          break
        }
        case 'sent':
          side.sentTotals.push(output.total)
          break
        case 'received':
          side.receivedTotals.push(output.total)
          break
        case 'trace':
          side.traces.push(output)
          break
      }
    }
  }

  #ask(side: Side, { id, body }: { id: number; body: Uint8Array }): void {
    if (this.isUp) this.messages.push({ to: other(side.name), kind: 'request', id, body })
    else if (side.questions.delete(id)) this.handle(side, { kind: 'failed', id, failure: 'down' })
  }

  /** An answer goes to whoever asked, unless that connection has ended since. */
  #answer(
    side: Side,
    { kind, id, body = NOTHING }: { kind: 'reply' | 'refuse'; id: number; body?: Uint8Array },
  ): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (asked === undefined)
      throw new Error(`${side.name} answers ${id}, which nobody asked, or answers twice`)
    if (asked.connection !== this.#connection) return
    this.messages.push({ to: other(side.name), kind, id: asked.id, body })
  }
}

const NOTHING = new Uint8Array(0)

const TURNS_MAX = 1000
/** Longer than a claim waits for the ledger. */
const CLAIM_WAIT_MS = 6000
