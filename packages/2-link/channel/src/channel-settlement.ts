/**
 * Settlement by payment channels: one engine for every ledger that can escrow. Layer 2.
 * Spec: IL-RFC 32 "Settlement", IL-RFC 22 "Simple Payment Channels"; the `channel` protocol of `wire/` is ours.
 *
 * Two one-way channels for each peering: `Outgoing` pays with ours, `Incoming` is paid with the peer's. Both
 * sides say hello when the link comes up: where they can be paid, and which claims they hold.
 *
 *            up               the peer's hello
 *   down ────────→ greeting ─────────────────→ greeted
 *    ↑              │   ↑ again, later each time  │
 *    │              └───┘                         │
 *    └──────────────────── down ──────────────────┘
 */
import type { StoredRecord } from '@hourglass/journal'
import type { LedgerAction, LedgerEvent } from '@hourglass/ledger'
import {
  Pause,
  earliest,
  type Settlement,
  type SettlementInput,
  type SettlementOutput,
} from '@hourglass/link'
import { DecodeError, type Instant } from '@hourglass/sansio'
import { Effects } from './effects.ts'
import { Incoming } from './incoming.ts'
import { LedgerView } from './ledger-view.ts'
import { type ChannelOptions, checkOptions, referencePrefixOf, settleDelayBounds } from './options.ts'
import { Outgoing } from './outgoing.ts'
import { decodeRecords, encodeEnded } from './records.ts'
import { decodeClaim } from './wire/claim.ts'
import { MessageType, messageType } from './wire/envelope.ts'
import { type Hello, decodeHello, encodeHello } from './wire/hello.ts'

/** The link protocol of channel messages. */
export const CHANNEL_PROTOCOL = 'channel'

/** A hello that was not answered is said again after that long. */
const HELLO_RETRY_MS = 1000
const HELLO_RETRY_MS_MAX = 300_000

export class ChannelSettlement implements Settlement<LedgerEvent, LedgerAction> {
  readonly protocol: string = CHANNEL_PROTOCOL
  readonly #options: ChannelOptions
  readonly #effects = new Effects()
  readonly #view: LedgerView
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  #isUp = false
  readonly #helloPause = new Pause(HELLO_RETRY_MS, HELLO_RETRY_MS_MAX)

  /** @throws UsageError */
  constructor(options: ChannelOptions) {
    checkOptions(options)
    this.#options = options
    this.#view = new LedgerView(this.#effects)
    this.#outgoing = new Outgoing(options, this.#effects, this.#view)
    this.#incoming = new Incoming(options, this.#effects, this.#view)
  }

  /** Takes this account's records out of the journal's, before the first input. @throws DecodeError */
  restore(records: Iterable<StoredRecord>): void {
    const { outgoing, received, incoming, isEnded } = decodeRecords(this.#options.account, records)
    this.#outgoing.restore(outgoing)
    this.#incoming.restore(received, incoming)
    if (isEnded) this.#end()
  }

  handle(input: SettlementInput<LedgerEvent>, now: Instant): void {
    this.#effects.now = now
    switch (input.kind) {
      case 'settle':
        this.#outgoing.settle(input.total)
        break
      case 'request':
        this.#handleRequest(input.id, input.body)
        break
      case 'reply':
        this.#effects.answered(input.id, input.body)
        break
      case 'failed':
        this.#effects.answered(input.id, undefined)
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
      case 'end':
        this.#effects.commit([encodeEnded(this.#options.account)], () => undefined)
        this.#end()
        break
      case 'committed':
        this.#effects.committed(input.id)
        break
      case 'timeout':
        this.#handleTimeout()
        break
    }
  }

  poll(): SettlementOutput<LedgerAction> | undefined {
    return this.#effects.poll()
  }

  nextTimeout(): Instant | undefined {
    const parts = [this.#view, this.#outgoing, this.#incoming]
    return earliest([this.#helloPause.until, ...parts.map((part) => part.nextTimeout())])
  }

  #handleLedger(event: LedgerEvent): void {
    if (event.kind !== 'channel') return this.#effects.ended(event)
    this.#view.observe(event.channel)
    this.#outgoing.advance()
    this.#incoming.observe(event.channel.id)
  }

  #end(): void {
    this.#outgoing.end()
    this.#incoming.end()
  }

  #handleLink(isUp: boolean): void {
    this.#isUp = isUp
    this.#helloPause.reset()
    this.#outgoing.linkChanged()
    if (isUp) this.#sayHello()
  }

  #handleTimeout(): void {
    if (this.#helloPause.pass(this.#effects.now)) this.#sayHello()
    for (const part of [this.#view, this.#outgoing, this.#incoming]) part.timeout()
  }

  #hello(): Uint8Array {
    const { ledgerName: ledger, ledgerAccount: account, asset } = this.#options
    const referencePrefix = referencePrefixOf(this.#options)
    const { min: settleDelayMsMin, max: settleDelayMsMax } = settleDelayBounds(this.#options)
    const held = this.#incoming.held()
    return encodeHello({
      ledger,
      account,
      asset,
      referencePrefix,
      settleDelayMsMin,
      settleDelayMsMax,
      held,
    })
  }

  #sayHello(): void {
    this.#effects.ask(this.#hello(), (answer) => {
      if (answer !== undefined && this.#greet(answer)) this.#helloPause.reset()
      else if (this.#isUp) this.#helloPause.begin(this.#effects.now)
    })
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
    if (hello.ledger === ledgerName && hello.asset === asset) this.#outgoing.greeted(hello)
    else {
      const message = `the peer settles ${hello.asset} on ${hello.ledger}, we ${asset} on ${ledgerName}`
      this.#effects.trace('channel.refused', { by: 'us', action: 'hello', message })
    }
    return true
  }

  /** The peer asks: it gets one answer, now or, for a claim, in a moment. */
  #handleRequest(id: number, body: Uint8Array): void {
    const type = messageType(body)
    if (type === MessageType.Hello && this.#greet(body)) {
      return this.#effects.emit({ kind: 'reply', id, body: this.#hello() })
    }
    if (type === MessageType.Claim) {
      try {
        return this.#incoming.take(id, decodeClaim(body))
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
      }
    }
    this.#effects.emit({ kind: 'refuse', id, message: 'no message of the channel protocol, version 1' })
  }
}
