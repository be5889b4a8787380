/**
 * Two channel settlements, a ledger in memory and a wire between them, in virtual time. Whatever happens next is
 * the test's choice: deliver, lose, commit, crash, run the ledger. Testing.
 */
import { MemoryJournal } from '@hourglass/journal'
import { type LedgerSession, MemoryLedger } from '@hourglass/ledger'
import type { Rng, TraceOutput } from '@hourglass/sansio'
import { ChannelSettlement } from '../channel-settlement.ts'
import type { ChannelOptions } from '../options.ts'

type Name = 'alice' | 'bob'

/** A message on its way: a request of `from`, or the reply to one. */
interface Message {
  readonly to: Name
  readonly kind: 'request' | 'reply' | 'refuse'
  readonly id: number
  readonly body: Uint8Array
  /** Connections end: what an earlier one carried does not arrive on a later one. */
  readonly connection: number
}

export class Side {
  readonly name: Name
  machine!: ChannelSettlement
  session: LedgerSession | undefined
  readonly journal = new MemoryJournal()
  readonly traces: TraceOutput[] = []
  sent = 0n
  received = 0n
  /** Every total that was told, in order. */
  readonly receivedTotals: bigint[] = []

  constructor(name: Name) {
    this.name = name
  }
}

export const DELAY_MS = 60_000
export const START = 1_000_000

export class Peering {
  readonly ledger = new MemoryLedger()
  readonly alice = new Side('alice')
  readonly bob = new Side('bob')
  messages: Message[] = []
  now = START
  isUp = false
  #connection = 0
  #references = 0
  readonly #options: Partial<ChannelOptions>

  constructor(options: Partial<ChannelOptions> = {}) {
    this.#options = options
    this.ledger.now = this.now
    for (const side of this.sides()) {
      this.ledger.mint(side.name, 1_000_000n)
      this.#boot(side)
    }
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
    this.isUp = false
    this.messages = []
    for (const side of this.sides()) this.handle(side, { kind: 'down' })
  }

  /** Ends a side's process: what it had not made durable is lost, and so is its connection. */
  crash(side: Side): void {
    side.session?.close()
    side.journal.lose()
    this.#boot(side)
    if (this.isUp) {
      this.isUp = false
      this.messages = []
      this.handle(side === this.alice ? this.bob : this.alice, { kind: 'down' })
    }
  }

  handle(side: Side, input: Parameters<ChannelSettlement['handle']>[0]): void {
    side.machine.handle(input, this.now)
    this.#drain(side)
  }

  deliver(index = 0): void {
    const [message] = this.messages.splice(index, 1)
    if (message === undefined) return
    const side = this[message.to]
    if (message.kind === 'refuse') this.handle(side, { kind: 'failed', id: message.id, failure: 'refused' })
    else this.handle(side, { kind: message.kind, id: message.id, body: message.body })
  }

  /** Its asker waits in vain: the link reports it when the deadline comes. */
  lose(index: number): void {
    const [message] = this.messages.splice(index, 1)
    if (message === undefined) return
    const asker =
      message.kind === 'request' ? this[message.to === 'alice' ? 'bob' : 'alice'] : this[message.to]
    this.handle(asker, { kind: 'failed', id: message.id, failure: 'lost' })
  }

  pass(ms: number): void {
    this.now += ms
    this.ledger.now = this.now
    for (const side of this.sides()) {
      const due = side.machine.nextTimeout()
      if (due !== undefined && due <= this.now) this.handle(side, { kind: 'timeout' })
    }
  }

  /** Lets everything happen that is to happen, without faults. */
  rest(): void {
    for (let i = 0; i < 200; i++) {
      for (const side of this.sides()) {
        side.journal.flush()
        this.#drain(side)
      }
      this.ledger.run()
      while (this.messages.length > 0) this.deliver()
      const isIdle = this.ledger.waiting === 0 && this.messages.length === 0
      if (isIdle && i % 10 === 9) this.pass(1000)
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
      deposit: 100n,
      settleDelayMs: DELAY_MS,
      settleDelayMsMin: DELAY_MS,
      ...this.#options,
    })
    side.session = ledger.connect((event) => this.handle(side, { kind: 'ledger', event }))
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
        case 'reply':
        case 'refuse':
          this.#send(side, output)
          break
        case 'ledger':
          side.session?.perform(output.action)
          break
        case 'commit': {
          const { id } = output
          side.journal.commit(output.records, () => this.handle(side, { kind: 'committed', id }))
          break
        }
        case 'sent':
          side.sent = output.total
          break
        case 'received':
          side.received = output.total
          side.receivedTotals.push(output.total)
          break
        case 'trace':
          side.traces.push(output)
          break
      }
    }
  }

  #send(side: Side, output: { kind: 'request' | 'reply' | 'refuse'; id: number; body?: Uint8Array }): void {
    const { kind, id, body = new Uint8Array(0) } = output
    const to = side.name === 'alice' ? 'bob' : 'alice'
    if (this.isUp) this.messages.push({ to, kind, id, body, connection: this.#connection })
    else if (kind === 'request') this.handle(side, { kind: 'failed', id, failure: 'down' })
  }
}
