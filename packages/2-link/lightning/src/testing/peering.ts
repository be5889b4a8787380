/**
 * Two Lightning settlements over nodes in memory and a link between them, in virtual time. Whatever happens next is the
 * test's choice: deliver, lose, commit, hear the node, crash. Testing.
 */
import { MemoryJournal } from '@hourglass/journal'
import { type TraceOutput, assert } from '@hourglass/sansio'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { LightningSettlement } from '../lightning-settlement.ts'
import type { LightningOptions } from '../options.ts'
import type { LightningEvent } from '../session.ts'
import { ModelNetwork, type Session } from './model-network.ts'

export type Name = 'alice' | 'bob'

export const WALLET_SAT = 1000n
const NODE_IDS = { alice: '02'.padEnd(66, 'a'), bob: '03'.padEnd(66, 'b') }

interface Message {
  readonly to: Name
  readonly kind: 'request' | 'reply' | 'failed'
  readonly id: number
  readonly body: Uint8Array
}

/** One side, its journal, and what has not reached it yet. */
export class Side {
  readonly name: Name
  machine!: LightningSettlement
  session!: Session
  readonly journal: MemoryJournal = new MemoryJournal()
  readonly traces: TraceOutput[] = []
  events: LightningEvent[] = []
  /** Requests of ours that wait for their one answer: id to deadline. */
  readonly questions: Map<number, number> = new Map<number, number>()
  sent = 0n
  received = 0n
  /** Totals told as received, by this life of the process. */
  receivedTotals: bigint[] = []
  /** Outputs that its process still brings about before it is killed. */
  outputsLeft: number

  constructor(name: Name) {
    this.outputsLeft = Infinity
    this.name = name
  }

  get isDead(): boolean {
    return this.outputsLeft < 0
  }

  get nodeId(): string {
    return NODE_IDS[this.name]
  }
}

export class Peering {
  readonly network: ModelNetwork = new ModelNetwork()
  readonly alice: Side = new Side('alice')
  readonly bob: Side = new Side('bob')
  messages: Message[] = []
  now = 1_000_000
  isUp = false
  readonly #options: Partial<LightningOptions>

  constructor(options: Partial<LightningOptions> = {}) {
    this.#options = options
    for (const side of this.sides()) {
      this.network.addNode(side.nodeId, WALLET_SAT)
      this.#boot(side)
    }
  }

  sides(): [Side, Side] {
    return [this.alice, this.bob]
  }

  other(side: Side): Side {
    return side === this.alice ? this.bob : this.alice
  }

  connect(): void {
    if (this.isUp) return
    this.isUp = true
    for (const side of this.sides()) this.handle(side, { kind: 'up' })
  }

  /** Messages under way are lost. */
  disconnect(): void {
    if (!this.isUp) return
    this.isUp = false
    this.messages = []
    for (const side of this.sides()) {
      this.handle(side, { kind: 'down' })
      this.#fail(side, Infinity)
    }
  }

  /** Ends a side's process: what it had not made durable or not heard is lost, and so is its connection. */
  crash(side: Side): void {
    this.disconnect()
    side.session.close()
    side.journal.lose()
    side.events = []
    side.questions.clear()
    side.receivedTotals = []
    side.outputsLeft = Infinity
    this.#boot(side)
  }

  handle(side: Side, input: Parameters<LightningSettlement['handle']>[0]): void {
    if (side.isDead) return
    side.machine.handle(input, this.now)
    this.#drain(side)
  }

  settle(side: Side, total: bigint): void {
    this.handle(side, { kind: 'settle', total })
  }

  /** Brings a message where it goes; a copy of it may stay on its way. */
  deliver(index = 0, isCopied = false): void {
    const message = this.messages[index]
    if (message === undefined) return
    if (!isCopied) this.messages.splice(index, 1)
    const side = this[message.to]
    const { kind, id, body } = message
    if (kind === 'request') return this.handle(side, { kind, id, body })
    if (!side.questions.delete(id)) return // The link has given up on that request.
    this.handle(side, kind === 'reply' ? { kind, id, body } : { kind, id, failure: 'refused' })
  }

  /** Lets the side hear the next things that its node has told. */
  hear(side: Side, max?: number): void {
    for (const event of side.events.splice(0, max ?? Infinity)) this.handle(side, { kind: 'ledger', event })
  }

  pass(ms: number): void {
    this.now += ms
    for (const side of this.sides()) {
      this.#fail(side, this.now)
      const due = side.machine.nextTimeout()
      if (due !== undefined && due <= this.now) this.handle(side, { kind: 'timeout' })
    }
  }

  /** Lets everything happen that is to happen, without faults, while `ms` pass. */
  rest(ms = 1_000_000): void {
    const end = this.now + ms
    while (this.now < end) {
      this.flow()
      const times = this.sides().flatMap(({ machine, questions }) => [
        machine.nextTimeout() ?? end,
        ...questions.values(),
      ])
      this.pass(Math.max(Math.min(end, ...times) - this.now, 1))
    }
  }

  /** Lets everything happen that needs no time. */
  flow(): void {
    for (let i = 0; i < TURNS_MAX; i++) {
      const isQuiet = this.sides().every(({ journal, events }) => journal.waiting + events.length === 0)
      if (isQuiet && this.network.waiting === 0 && this.messages.length === 0) return
      for (const side of this.sides()) side.journal.flush()
      this.network.run()
      for (const side of this.sides()) this.hear(side)
      while (this.messages.length > 0) this.deliver()
    }
    assert(false, 'the two sides come to rest')
  }

  /** Ends the questions whose deadline has come, as the link does. */
  #fail(side: Side, until: number): void {
    for (const [id, deadline] of side.questions) {
      if (deadline > until || !side.questions.delete(id)) continue
      this.handle(side, { kind: 'failed', id, failure: 'lost' })
    }
  }

  #boot(side: Side): void {
    const seed = Uint8Array.of(side.name.length)
    side.session = this.network.open(side.nodeId, (event) => side.events.push(event))
    side.machine = new LightningSettlement({
      ...{ account: 'peer', accountScale: 11, network: 'regtest', secret: nodeCrypto.sha256(seed) },
      address: { nodeId: side.nodeId, host: side.name, port: 9735 },
      ...{ rng: nodeRng, crypto: nodeCrypto, channelSat: 100n, budgetSat: 300n },
      ...this.#options,
    })
    side.machine.restore(side.journal.load(''))
    this.#drain(side)
  }

  #drain(side: Side): void {
    const { machine, name } = side
    const to = this.other(side).name
    for (let output = machine.poll(); output !== undefined; output = machine.poll()) {
      if (--side.outputsLeft < 0) return
      switch (output.kind) {
        case 'request':
          side.questions.set(output.id, output.deadline)
          if (this.isUp) this.messages.push({ to, kind: 'request', id: output.id, body: output.body })
          else if (side.questions.delete(output.id)) this.#refuse(name, output.id)
          break
        case 'reply':
          if (this.isUp) this.messages.push({ to, kind: 'reply', id: output.id, body: output.body })
          break
        case 'refuse':
          if (this.isUp) this.messages.push({ to, kind: 'failed', id: output.id, body: NOTHING })
          break
        case 'ledger':
          side.session.perform(output.action)
          break
        case 'commit': {
          const { id } = output
          side.journal.commit(output.records, () => this.handle(side, { kind: 'committed', id }))
          break
        }
        case 'received':
          side.receivedTotals.push(output.total)
          side.received = output.total
          break
        case 'sent':
          side.sent = output.total
          break
        case 'trace':
          side.traces.push(output)
          break
      }
    }
  }

  #refuse(name: Name, id: number): void {
    this.handle(this[name], { kind: 'failed', id, failure: 'down' })
  }
}

const NOTHING = new Uint8Array(0)
const TURNS_MAX = 1000
