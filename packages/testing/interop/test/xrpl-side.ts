/** One side of a peering on the XRP Ledger: adapter, books and settlement, all real, in the ledger’s time. Testing. */
import { ChannelSettlement } from '@hourglass/channel'
import {
  type Answer,
  type Claim,
  type Hello,
  decodeAnswer,
  decodeHello,
  encodeClaim,
  encodeHello,
} from '@hourglass/channel/testing'
import type { Journal } from '@hourglass/journal'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import type { Ledger, LedgerAction, LedgerEvent, LedgerSession } from '@hourglass/ledger'
import { connectXrpl } from '@hourglass/ledger-xrpl/io'
import type { SettlementInput, SettlementOutput } from '@hourglass/link'
import { Queue, type TraceOutput } from '@hourglass/sansio'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { Wallet } from 'xrpl'

/** XRP's, so that accounts count drops. */
const SCALE = 6
export const DEPOSIT = 10_000_000n
export const SETTLE_DELAY_MS = 60_000

type Input = SettlementInput<LedgerEvent>
type Output = SettlementOutput<LedgerAction>
type SideOptions = Partial<ConstructorParameters<typeof ChannelSettlement>[0]>

/** Where a side lives. */
export interface Place {
  readonly url: () => string
  /** File of the side's books. */
  readonly file: string
  /** The ledger's time. */
  readonly now: () => number
  /** What becomes of a question on its way; undefined: it is lost. */
  readonly carry: (body: Uint8Array, from: Side) => Uint8Array | undefined
}

export class Side {
  readonly name: string
  readonly wallet: Wallet
  /** Signs claims, and nothing else. */
  readonly claimWallet: Wallet
  peer!: Side
  /** What the settlement told last. */
  sent = 0n
  received = 0n
  traces: TraceOutput[] = []
  ledger!: Ledger
  /** Ends the process before it does that. */
  dieBefore: ((output: Output) => boolean) | undefined
  /** Ends it right after. */
  dieAfter: ((output: Output) => boolean) | undefined
  isRunning = false
  /** Of its books. */
  readonly file: string
  readonly #place: Place
  readonly #inputs = new Queue<Input>()
  readonly #questions = new Map<number, number>()
  readonly #asked = new Map<number, (body: Uint8Array | undefined) => void>()
  #machine!: ChannelSettlement
  #journal!: Journal
  #session!: LedgerSession
  #isHandling = false
  #isUp = false
  #lastId = 1_000_000

  constructor(name: string, place: Place) {
    this.name = name
    this.wallet = Wallet.generate()
    this.claimWallet = Wallet.generate()
    this.file = place.file
    this.#place = place
  }

  async start(options: SideOptions = {}): Promise<void> {
    const { file } = this
    const { url } = this.#place
    const { seed: secret = '' } = this.wallet
    const { seed: claimSecret = '' } = this.claimWallet
    this.ledger = await connectXrpl({ url: url(), secret, claimSecret })
    this.#journal = await openSqliteJournal({ file, durability: 'process' })
    const { name: ledgerName, account: ledgerAccount, scheme } = this.ledger
    this.#machine = new ChannelSettlement({
      ...{ account: 'peer', accountScale: SCALE, ledgerScale: SCALE },
      ...{ ledgerName, ledgerAccount, scheme, asset: 'native', rng: nodeRng, crypto: nodeCrypto },
      ...{ deposit: DEPOSIT, settleDelayMs: SETTLE_DELAY_MS, settleDelayMsMin: SETTLE_DELAY_MS },
      ...options,
    })
    this.#machine.restore(await this.#journal.load(''))
    this.isRunning = true
    const session = this.ledger.connect((event) => {
      if (this.#session === session) this.input({ kind: 'ledger', event })
    })
    this.#session = session
    this.input({ kind: 'timeout' })
  }

  /** Ends the process: what it had not written or heard is lost. */
  async stop(): Promise<void> {
    this.die()
    await this.ledger.close()
    await this.#journal.close()
  }

  die(): void {
    this.isRunning = false
    this.dieBefore = undefined
    this.dieAfter = undefined
    this.#session.close()
    this.#questions.clear()
    this.sent = 0n
    this.received = 0n
  }

  input(input: Input): void {
    if (!this.isRunning) return
    this.#inputs.push(input)
    if (this.#isHandling) return
    this.#isHandling = true
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#handle(next)
    this.#isHandling = false
  }

  settle(total: bigint): void {
    this.input({ kind: 'settle', total })
  }

  link(isUp: boolean): void {
    this.#isUp = isUp
    this.input({ kind: isUp ? 'up' : 'down' })
    if (!isUp) this.#fail(Infinity)
  }

  /** The ledger's time has moved on. */
  tick(): void {
    if (!this.isRunning) return
    const now = this.#place.now()
    this.#fail(now)
    const due = this.#machine.nextTimeout()
    if (due !== undefined && due <= now) this.input({ kind: 'timeout' })
  }

  tracesOf(event: string): TraceOutput['fields'][] {
    return this.traces.filter((trace) => trace.event === event).map(({ fields }) => fields)
  }

  /** What the settlement answers to a claim out of the blue; undefined while it does not. */
  async claim(claim: Claim): Promise<Answer | undefined> {
    const body = await this.#ask(encodeClaim(claim))
    return body === undefined ? undefined : decodeAnswer(body)
  }

  /** What the settlement says of itself. */
  async hello(hello: Hello): Promise<Hello> {
    const body = await this.#ask(encodeHello(hello))
    if (body === undefined) throw new Error(`${this.name} does not say hello`)
    return decodeHello(body)
  }

  async #ask(body: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const id = ++this.#lastId
      this.#asked.set(id, resolve)
      this.input({ kind: 'request', id, body })
    })
  }

  #fail(until: number): void {
    for (const [id, deadline] of this.#questions) {
      if (deadline <= until && this.#questions.delete(id)) this.input({ kind: 'failed', id, failure: 'lost' })
    }
  }

  #handle(input: Input): void {
    this.#machine.handle(input, this.#place.now())
    for (let output = this.#machine.poll(); output !== undefined; output = this.#machine.poll()) {
      if (!this.isRunning) return
      if (this.dieBefore?.(output) === true) return this.die()
      this.#perform(output)
      if (this.dieAfter?.(output) === true) return this.die()
    }
  }

  #perform(output: Output): void {
    switch (output.kind) {
      case 'request':
        return this.#send(output)
      case 'reply':
        return this.#answer(output.id, output.body)
      case 'refuse':
        return this.#answer(output.id, undefined)
      case 'ledger':
        return this.#session.perform(output.action)
      case 'commit':
        return this.#journal.commit(output.records, () => {
          this.input({ kind: 'committed', id: output.id })
        })
      case 'received':
        this.received = output.total
        return
      case 'sent':
        this.sent = output.total
        return
      case 'trace':
        this.traces.push(output)
    }
  }

  #send({ id, body, deadline }: Extract<Output, { kind: 'request' }>): void {
    this.#questions.set(id, deadline)
    const carried = this.#isUp && this.peer.isRunning ? this.#place.carry(body, this) : undefined
    if (carried === undefined) return
    const { peer } = this
    setImmediate(() => {
      peer.input({ kind: 'request', id, body: carried })
    })
  }

  #answer(id: number, body: Uint8Array | undefined): void {
    const asked = this.#asked.get(id)
    if (this.#asked.delete(id)) return asked?.(body)
    const { peer } = this
    setImmediate(() => {
      peer.#answered(id, body)
    })
  }

  #answered(id: number, body: Uint8Array | undefined): void {
    if (!this.#questions.delete(id)) return
    this.input(body === undefined ? { kind: 'failed', id, failure: 'refused' } : { kind: 'reply', id, body })
  }
}
