/**
 * Settlement by payment channels: one engine for every ledger that can escrow. Layer 2.
 * Spec: IL-RFC 32 "Settlement"; the `channel` protocol of `wire/` is ours.
 *
 * Two one-way channels for each peering: `Outgoing` pays with ours, `Incoming` is paid with the peer's. Both
 * sides say hello when the link comes up: where they can be paid, and what they hold.
 */
import type { CommittedInput, JournalRecord, StoredRecord } from '@hourglass/journal'
import type { LedgerAction, LedgerEvent } from '@hourglass/ledger'
import type { Settlement, SettlementInput, SettlementOutput } from '@hourglass/link'
import { DecodeError, type Instant, Queue, type TraceOutput } from '@hourglass/sansio'
import { Incoming } from './incoming.ts'
import type { ActionEnd, ChannelOptions, Effects, UnnumberedAction } from './options.ts'
import { Outgoing } from './outgoing.ts'
import { decodeRecords } from './records.ts'
import { decodeClaim } from './wire/claim.ts'
import { MessageType, messageType } from './wire/envelope.ts'
import { type Hello, decodeHello, encodeHello } from './wire/hello.ts'

/** The link protocol of channel messages. */
export const CHANNEL_PROTOCOL = 'channel'

/** How long the peer has to answer a message: longer than it waits for its ledger. */
const ANSWER_MS = 10_000
/** A hello that was not answered is said again after that long. */
const HELLO_RETRY_MS = 5000

export class ChannelSettlement implements Settlement<LedgerEvent, LedgerAction> {
  readonly protocol = CHANNEL_PROTOCOL
  readonly #options: ChannelOptions
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  readonly #outputs = new Queue<SettlementOutput<LedgerAction>>()
  #now: Instant = 0
  #isUp = false
  #helloAt: Instant | undefined

  #lastId = 0
  /** What goes on when a commit, an action or a message of ours is answered. */
  readonly #commits = new Map<number, () => void>()
  readonly #actions = new Map<number, (end: ActionEnd) => void>()
  readonly #questions = new Map<number, (answer: Uint8Array | undefined) => void>()

  constructor(options: ChannelOptions) {
    this.#options = options
    const effects = this.#effects()
    this.#outgoing = new Outgoing(options, effects)
    this.#incoming = new Incoming(options, effects)
  }

  /** Takes this account's records out of the journal's, before the first input. @throws DecodeError */
  restore(records: Iterable<StoredRecord>): void {
    const { outgoing, received, incoming } = decodeRecords(this.#options.account, records)
    if (outgoing !== undefined) this.#outgoing.restore(outgoing)
    this.#incoming.restore(received, incoming)
  }

  handle(input: SettlementInput<LedgerEvent>, now: Instant): void {
    this.#now = now
    switch (input.kind) {
      case 'settle':
        this.#outgoing.settle(input.total)
        break
      case 'request':
        this.#handleRequest(input.id, input.body)
        break
      case 'reply':
        this.#take(this.#questions, input.id)?.(input.body)
        break
      case 'failed':
        this.#take(this.#questions, input.id)?.(undefined)
        break
      case 'up':
      case 'down':
        this.#handleLink(input.kind === 'up')
        break
      case 'ledger':
        this.#handleLedger(input.event)
        break
      case 'collect':
        this.#incoming.collect()
        break
      case 'committed':
        this.#handleCommitted(input)
        break
      case 'timeout':
        this.#handleTimeout()
        break
    }
  }

  poll(): SettlementOutput<LedgerAction> | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    const times = [this.#helloAt, this.#outgoing.nextTimeout(), this.#incoming.nextTimeout()]
    const set = times.filter((time) => time !== undefined)
    return set.length === 0 ? undefined : Math.min(...set)
  }

  #effects(): Effects {
    const now = (): Instant => this.#now
    return {
      commit: (records: readonly JournalRecord[], then: () => void) => {
        const id = ++this.#lastId
        this.#commits.set(id, then)
        this.#outputs.push({ kind: 'commit', id, records })
      },
      perform: (action: UnnumberedAction, then: (end: ActionEnd) => void) => {
        const id = ++this.#lastId
        this.#actions.set(id, then)
        this.#outputs.push({ kind: 'ledger', action: { ...action, id } })
      },
      ask: (body: Uint8Array, then: (answer: Uint8Array | undefined) => void) => {
        const id = ++this.#lastId
        this.#questions.set(id, then)
        this.#outputs.push({ kind: 'request', id, body, deadline: this.#now + ANSWER_MS })
      },
      emit: (output: SettlementOutput<LedgerAction>) => this.#outputs.push(output),
      trace: (event: string, fields: TraceOutput['fields']) =>
        this.#outputs.push({ kind: 'trace', event, fields }),
      get now() {
        return now()
      },
    }
  }

  #take<T>(map: Map<number, T>, id: number): T | undefined {
    const found = map.get(id)
    map.delete(id)
    return found
  }

  #handleCommitted({ id }: CommittedInput): void {
    this.#take(this.#commits, id)?.()
  }

  #handleLedger(event: LedgerEvent): void {
    if (event.kind !== 'channel') return this.#take(this.#actions, event.id)?.(event)
    if (this.#outgoing.owns(event.channel.id)) return this.#outgoing.observe(event.channel)
    this.#outgoing.noteStranger(event.channel)
    this.#incoming.observe(event.channel)
  }

  #handleLink(isUp: boolean): void {
    this.#isUp = isUp
    this.#helloAt = undefined
    if (isUp) this.#sayHello()
    this.#outgoing.linkUp(isUp)
  }

  #handleTimeout(): void {
    if (this.#helloAt !== undefined && this.#helloAt <= this.#now) {
      this.#helloAt = undefined
      this.#sayHello()
    }
    this.#outgoing.timeout()
    this.#incoming.timeout()
  }

  #hello(): Uint8Array {
    const { ledgerName: ledger, ledgerAccount: account, asset } = this.#options
    return encodeHello({ ledger, account, asset, held: this.#incoming.newest() })
  }

  #sayHello(): void {
    const id = ++this.#lastId
    this.#questions.set(id, (answer) => {
      if (answer !== undefined && this.#greet(answer)) return
      if (this.#isUp) this.#helloAt = this.#now + HELLO_RETRY_MS
    })
    this.#outputs.push({ kind: 'request', id, body: this.#hello(), deadline: this.#now + ANSWER_MS })
  }

  /** The peer's hello; false where it cannot be read. */
  #greet(message: Uint8Array): boolean {
    let hello: Hello
    try {
      hello = decodeHello(message)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return false
    }
    const { ledgerName, asset } = this.#options
    if (hello.ledger !== ledgerName || hello.asset !== asset) {
      const message = `the peer settles ${hello.asset} on ${hello.ledger}, we ${asset} on ${ledgerName}`
      this.#outputs.push({ kind: 'trace', event: 'channel.refused', fields: { by: 'us', message } })
      return true
    }
    this.#outgoing.greeted(hello)
    return true
  }

  #handleRequest(id: number, body: Uint8Array): void {
    const type = messageType(body)
    if (type === MessageType.Hello && this.#greet(body)) {
      this.#outputs.push({ kind: 'reply', id, body: this.#hello() })
      return
    }
    if (type === MessageType.Claim) {
      try {
        return this.#incoming.take(id, decodeClaim(body))
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
      }
    }
    this.#outputs.push({ kind: 'refuse', id, message: 'no message of the channel protocol, version 1' })
  }
}
