/**
 * Settlement by payment channels: one engine for every ledger that can escrow. Layer 2.
 * Spec: IL-RFC 32 "Settlement", IL-RFC 22 "Simple Payment Channels"; the `channel` protocol of `wire/` is ours.
 *
 * Two one-way channels for each peering: `Outgoing` pays with ours, `Incoming` is paid with the peer's. Both
 * sides say hello when the link comes up: where they can be paid, and which claims they hold.
 */
import type { StoredRecord } from '@hourglass/journal'
import type { LedgerAction, LedgerEvent } from '@hourglass/ledger'
import {
  Greeting,
  earliest,
  messageType,
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
import { type Hello, decodeHello, encodeHello } from './wire/hello.ts'
import { MessageType } from './wire/messages.ts'

/** The link protocol of channel messages. */
export const CHANNEL_PROTOCOL = 'channel'

export class ChannelSettlement implements Settlement<LedgerEvent, LedgerAction> {
  readonly protocol: string = CHANNEL_PROTOCOL
  readonly #options: ChannelOptions
  readonly #effects = new Effects()
  readonly #view: LedgerView
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  readonly #greeting: Greeting

  /** @throws UsageError */
  constructor(options: ChannelOptions) {
    checkOptions(options)
    this.#options = options
    this.#view = new LedgerView(this.#effects)
    this.#outgoing = new Outgoing(options, this.#effects, this.#view)
    this.#incoming = new Incoming(options, this.#effects, this.#view)
    this.#greeting = new Greeting({
      effects: this.#effects,
      hello: () => this.#hello(),
      greeted: (hello) => this.#greeted(decodeHello(hello)),
    })
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
        for (const part of this.#parts) part.timeout()
        break
    }
  }

  poll(): SettlementOutput<LedgerAction> | undefined {
    return this.#effects.poll()
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#parts.map((part) => part.nextTimeout()))
  }

  get #parts(): readonly (Greeting | LedgerView | Outgoing | Incoming)[] {
    return [this.#greeting, this.#view, this.#outgoing, this.#incoming]
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
    this.#outgoing.linkChanged()
    this.#greeting.linkChanged(isUp)
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

  #greeted(hello: Hello): void {
    const { ledgerName, asset } = this.#options
    if (hello.ledger === ledgerName && hello.asset === asset) return this.#outgoing.greeted(hello)
    const message = `the peer settles ${hello.asset} on ${hello.ledger}, we ${asset} on ${ledgerName}`
    this.#effects.trace('channel.refused', { by: 'us', action: 'hello', message })
  }

  /** The peer asks: it gets one answer, now or, for a claim, in a moment. */
  #handleRequest(id: number, body: Uint8Array): void {
    const type = messageType(body)
    if (type === MessageType.Hello && this.#greeting.take(body)) {
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
