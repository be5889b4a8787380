/**
 * Settlement over the Lightning Network. Layer 2.
 * Spec: BOLT 2, 4 and 11 are the node's; the `lightning` protocol of `wire/` is ours.
 *
 * Both sides say hello when the link comes up: where their nodes are, and how a payment to the account is marked.
 * Then each pays by keysend what it was told to, over channels that it opens where there are none.
 */
import type { StoredRecord } from '@hourglass/journal'
import {
  Greeting,
  earliest,
  messageType,
  type Settlement,
  type SettlementInput,
  type SettlementOutput,
  type SettlementReport,
} from '@hourglass/link'
import { DecodeError, type Instant } from '@hourglass/sansio'
import { Effects } from './effects.ts'
import { Ending } from './ending.ts'
import { InboundWish } from './inbound-wish.ts'
import { Incoming } from './incoming.ts'
import { Invoices } from './invoices.ts'
import { KnownNodes } from './known-nodes.ts'
import { openOnes } from './liquidity.ts'
import { type LightningOptions, checkOptions } from './options.ts'
import { Outgoing } from './outgoing.ts'
import { decodeRecords, encodeEnded } from './records.ts'
import type { LightningAction, LightningEvent, Liquidity } from './session.ts'
import { type Hello, decodeHello, encodeHello } from './wire/hello.ts'
import { decodeInboundRequest, encodeInboundAnswer } from './wire/inbound-request.ts'
import { decodeInvoiceRequest } from './wire/invoice-request.ts'
import { MessageType } from './wire/message-type.ts'
import { destinationOf } from './wire/reference.ts'

/** The link protocol of its messages. */
export const LIGHTNING_PROTOCOL = 'lightning'

export class LightningSettlement implements Settlement<LightningEvent, LightningAction> {
  readonly protocol: string = LIGHTNING_PROTOCOL
  readonly #options: LightningOptions
  readonly #hello: Hello
  readonly #effects = new Effects()
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  readonly #invoices: Invoices
  readonly #greeting: Greeting
  readonly #nodes: KnownNodes
  readonly #wish: InboundWish
  readonly #ending: Ending
  /** Nodes whose channels to us are to be closed, once it is known which there are. */
  readonly #collecting = new Set<string>()

  /** @throws UsageError */
  constructor(options: LightningOptions) {
    checkOptions(options)
    const { account, secret, crypto, network, address } = options
    this.#options = options
    this.#hello = { network, address, destination: destinationOf(account, secret, crypto) }
    this.#outgoing = new Outgoing(options, this.#effects)
    this.#invoices = new Invoices(account, this.#effects)
    const sources = { destination: this.#hello.destination, invoices: this.#invoices }
    this.#incoming = new Incoming(options, this.#effects, sources)
    this.#nodes = new KnownNodes(account, this.#effects)
    this.#wish = new InboundWish(this.#effects, options.inboundSat)
    this.#ending = new Ending(this.#effects, options.closePatienceMs)
    this.#greeting = new Greeting({
      effects: this.#effects,
      hello: () => encodeHello(this.#hello),
      greeted: (hello) => this.#greeted(decodeHello(hello)),
    })
  }

  /** Takes this account's records out of the journal's, before the first input. @throws DecodeError */
  restore(records: Iterable<StoredRecord>): void {
    const { paid, payments, receivedMsat, receipts, invoices, nodes, endedAt } = decodeRecords(
      this.#options.account,
      records,
    )
    this.#outgoing.restore(paid, payments)
    this.#incoming.restore(receivedMsat, receipts)
    this.#invoices.restore(invoices)
    this.#nodes.restore(nodes)
    if (endedAt !== undefined) this.#end(endedAt)
  }

  handle(input: SettlementInput<LightningEvent>, now: Instant): void {
    this.#effects.now = now
    switch (input.kind) {
      case 'settle':
        return this.#outgoing.settle(input.total)
      case 'request':
        return this.#handleRequest(input.id, input.body)
      case 'reply':
        return this.#effects.answered(input.id, input.body)
      case 'failed':
        return this.#effects.answered(input.id, undefined)
      case 'up':
      case 'down':
        return this.#handleLink(input.kind === 'up')
      case 'ledger':
        return this.#handleLedger(input.event)
      case 'collect':
        return this.#collect()
      case 'end':
        return this.#beginEnd(now)
      case 'committed':
        return this.#effects.committed(input.id)
      case 'timeout':
        for (const part of this.#parts) part.timeout()
        return
    }
  }

  poll(): SettlementOutput<LightningAction> | undefined {
    return this.#effects.poll()
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#parts.map((part) => part.nextTimeout()))
  }

  get #parts(): readonly (Greeting | Ending | Invoices | InboundWish | Outgoing)[] {
    return [this.#greeting, this.#ending, this.#invoices, this.#wish, this.#outgoing]
  }

  /** Amounts since the account was opened, and what the peer's channels hold by the newest report. */
  report(): SettlementReport {
    const { hasBegun: isEnded, isDone: isClosed } = this.#ending
    return { isEnded, isClosed, ...this.#incoming.report(), ...this.#outgoing.report() }
  }

  #handleLedger(event: LightningEvent): void {
    switch (event.kind) {
      case 'paid':
        return this.#outgoing.paid(event.hash, event.feeMsat)
      case 'unpaid':
        return this.#outgoing.unpaid(event.hash, event.reason)
      case 'receipt':
        this.#incoming.take(event)
        return this.#outgoing.replenished()
      case 'invoice':
        return this.#invoices.made(event.id, event.invoice)
      case 'forgotten':
        return this.#incoming.forgotten(event.hash)
      case 'liquidity':
        return this.#observe(event.liquidity)
    }
  }

  #observe(liquidity: Liquidity): void {
    this.#outgoing.observe(liquidity)
    this.#wish.observe(liquidity)
    this.#ending.observe(liquidity)
    const { peerId, channels } = liquidity
    if (!this.#collecting.delete(peerId)) return
    const theirs = openOnes(channels).filter(({ isOurs }) => !isOurs)
    const channelIds = theirs.map(({ channelId }) => channelId)
    this.#effects.perform({ kind: 'close', peerId, channelIds, isForced: false })
  }

  #handleLink(isUp: boolean): void {
    this.#outgoing.linkChanged()
    this.#wish.greeted(undefined)
    this.#greeting.linkChanged(isUp)
  }

  #greeted(hello: Hello): void {
    const { network, address } = this.#options
    if (hello.network !== network) {
      const fields = { theirs: hello.network, ours: network }
      return this.#effects.trace('lightning.other-network', fields)
    }
    if (hello.address.nodeId === address.nodeId) {
      return this.#effects.trace('lightning.own-node', { nodeId: address.nodeId })
    }
    this.#nodes.learn(hello.address, () => {
      if (!this.#greeting.isUp || this.#ending.hasBegun) return
      this.#outgoing.greeted(hello)
      this.#wish.greeted(hello.address.nodeId)
      this.#effects.perform({ kind: 'reach', peer: hello.address })
    })
  }

  #collect(): void {
    for (const peerId of this.#nodes.ids) {
      this.#collecting.add(peerId)
      this.#effects.perform({ kind: 'inspect', peerId })
    }
  }

  #beginEnd(endedAt: Instant): void {
    if (this.#ending.hasBegun) return
    this.#effects.commit([encodeEnded(this.#options.account, endedAt)], () => undefined)
    this.#end(endedAt)
  }

  #end(endedAt: Instant): void {
    this.#greeting.end()
    this.#outgoing.end()
    this.#wish.greeted(undefined)
    this.#ending.begin(endedAt, this.#nodes.ids)
  }

  /** The peer asks: it gets one answer. */
  #handleRequest(id: number, body: Uint8Array): void {
    if (this.#ending.hasBegun) {
      return this.#effects.emit({ kind: 'refuse', id, message: 'the peering has ended' })
    }
    try {
      if (this.#answer(id, body)) return
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
    this.#effects.emit({
      kind: 'refuse',
      id,
      message: 'no, or no message of the lightning protocol, version 1',
    })
  }
  /** False where there is no such message, or the answer is no. @throws DecodeError */
  #answer(id: number, body: Uint8Array): boolean {
    switch (messageType(body)) {
      case MessageType.Hello:
        if (!this.#greeting.take(body)) return false
        this.#effects.emit({ kind: 'reply', id, body: encodeHello(this.#hello) })
        return true
      case MessageType.InvoiceRequest:
        this.#invoices.make(id, decodeInvoiceRequest(body))
        return true
      case MessageType.InboundRequest:
        decodeInboundRequest(body)
        if (!this.#outgoing.serve()) return false
        this.#effects.emit({ kind: 'reply', id, body: encodeInboundAnswer() })
        return true
      default:
        return false
    }
  }
}
