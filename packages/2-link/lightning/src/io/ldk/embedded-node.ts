/**
 * A Lightning node inside of this process, by LDK. Layer 2, io.
 * One a process: a panic of the library ends it, and whoever watches the process starts it anew.
 */
import { createHash } from 'node:crypto'
import {
  Bolt11InvoiceDescription,
  type ChannelDetails,
  ChannelId,
  Description,
  Option_ThirtyTwoBytesZ as MaybeHash,
  Option_u16Z as MaybeBlocks,
  Option_u32Z as MaybeSeconds,
  Option_u64Z as MaybeAmount,
  Result_Bolt11InvoiceSignOrCreationErrorZ_OK as InvoiceMade,
  Result_DescriptionCreationErrorZ_OK as DescriptionMade,
} from 'lightningdevkit'
import { decodeHex, encodeHex } from '@hourglass/oer'
import type {
  ChannelInfo,
  InvoiceOptions,
  Keysend,
  LightningNode,
  NodeAddress,
  NodeEvent,
  NodeInfo,
  OpenChannel,
  PaymentEnd,
  Receipt,
} from '../../node.ts'
import { LightningError } from '../lightning-error.ts'
import { isClosing } from './engine.ts'
import { type NodeParts, type NodeOptions, openParts } from './node-parts.ts'

/** How long a peer has to be reached by `connect`; it is tried on after that. */
const CONNECT_MS = 10_000

export class EmbeddedNode implements LightningNode {
  readonly #options: NodeOptions
  readonly #parts: NodeParts

  static async open(options: NodeOptions): Promise<EmbeddedNode> {
    let tell: (event: NodeEvent) => void = () => undefined
    const parts = await openParts(options, (event) => tell(event))
    const node = new EmbeddedNode(options, parts)
    tell = (event) => node.#tell(event)
    return node
  }

  #listeners: ((event: NodeEvent) => void)[] = []

  private constructor(options: NodeOptions, parts: NodeParts) {
    this.#options = options
    this.#parts = parts
  }

  info(): Promise<NodeInfo> {
    const { engine, port, height } = this.#parts
    const nodeId = encodeHex(engine.manager.get_our_node_id())
    const { network, host } = this.#options
    return Promise.resolve({ nodeId, network, host, port, height: height() })
  }

  async connect(peer: NodeAddress): Promise<void> {
    const { keeper } = this.#parts
    keeper.want(peer)
    const until = Date.now() + CONNECT_MS
    while (!keeper.isConnected(peer.nodeId)) {
      if (Date.now() > until) throw new LightningError('unavailable', `no connection to ${peer.nodeId}`)
      await new Promise((resolve) => setTimeout(resolve, CONNECT_POLL_MS))
    }
  }

  disconnect(peerId: string): Promise<void> {
    this.#parts.keeper.drop(peerId)
    return this.#durable(undefined)
  }

  channels(): Promise<readonly ChannelInfo[]> {
    return Promise.resolve(this.#parts.engine.manager.list_channels().map(describe))
  }

  openChannel({ peerId, capacitySat, pushMsat = 0n }: OpenChannel): Promise<void> {
    const { engine, wallet, height } = this.#parts
    if (wallet.balanceSat(height()) <= capacitySat) {
      throw new LightningError('refused', 'the wallet has not the money for that channel')
    }
    const result = engine.manager.create_channel(decodeHex(peerId)!, capacitySat, pushMsat, 0n, null, null)
    if (!result.is_ok()) throw new LightningError('refused', `no channel to ${peerId} can be opened`)
    return this.#durable(undefined)
  }

  closeChannel(channelId: string, isForced = false): Promise<void> {
    const { manager } = this.#parts.engine
    const channel = manager.list_channels().find((each) => idOf(each) === channelId)
    if (channel === undefined) throw new LightningError('refused', `there is no channel ${channelId}`)
    const [id, peer] = [
      ChannelId.constructor_new(decodeHex(channelId)!),
      channel.get_counterparty().get_node_id(),
    ]
    const result = isForced
      ? manager.force_close_broadcasting_latest_txn(id, peer, 'closed by order')
      : manager.close_channel(id, peer)
    if (!result.is_ok()) throw new LightningError('refused', `channel ${channelId} does not close`)
    return this.#durable(undefined)
  }

  createInvoice({ amountMsat, description, expiryS, hash }: InvoiceOptions): Promise<string> {
    const text = Description.constructor_new(description)
    if (!(text instanceof DescriptionMade)) throw new LightningError('refused', 'the description is too long')
    const invoice = this.#parts.engine.manager.create_bolt11_invoice(
      MaybeAmount.constructor_some(amountMsat),
      Bolt11InvoiceDescription.constructor_direct(text.res),
      MaybeSeconds.constructor_some(expiryS),
      MaybeBlocks.constructor_none(),
      hash === undefined ? MaybeHash.constructor_none() : MaybeHash.constructor_some(hash),
    )
    if (!(invoice instanceof InvoiceMade)) throw new LightningError('refused', 'no such invoice can be made')
    return this.#durable(invoice.res.to_str())
  }

  payInvoice(invoice: string): Promise<PaymentEnd> {
    return this.#pay((told) => this.#parts.payer.payInvoice(invoice, told))
  }

  keysend(payment: Keysend): Promise<PaymentEnd> {
    return this.#pay((told) => this.#parts.payer.keysend(payment, told))
  }

  forgetPayment(hash: Uint8Array): Promise<void> {
    this.#parts.book.forgetEnd(encodeHex(hash))
    return this.#durableLater()
  }

  settleHeld(preimage: Uint8Array): Promise<void> {
    const { book, engine } = this.#parts
    book.claiming(createHash('sha256').update(preimage).digest())
    engine.manager.claim_funds(preimage)
    return this.#durable(undefined)
  }

  cancelHeld(hash: Uint8Array): Promise<void> {
    this.#parts.engine.manager.fail_htlc_backwards(hash)
    return this.#durable(undefined)
  }

  receipts(): Promise<readonly Receipt[]> {
    return this.#durable(this.#parts.book.receipts())
  }

  forgetReceipts(indices: readonly number[]): Promise<void> {
    this.#parts.book.forgetReceipts(indices)
    return this.#durableLater()
  }

  address(): Promise<string> {
    return Promise.resolve(this.#parts.wallet.address)
  }

  walletSat(): Promise<bigint> {
    return Promise.resolve(this.#parts.wallet.balanceSat(this.#parts.height()))
  }

  listen(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.push(listener)
    return () => void (this.#listeners = this.#listeners.filter((each) => each !== listener))
  }

  close(): Promise<void> {
    this.#listeners = []
    this.#parts.close()
    return Promise.resolve()
  }

  #tell(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  /** Once all that has happened up to now is durable. */
  #durable<T>(value: T): Promise<T> {
    return new Promise((resolve) => this.#parts.pump.after(() => resolve(value)))
  }

  /** The same, where nobody is in a hurry. */
  #durableLater(): Promise<void> {
    return new Promise((resolve) => this.#parts.pump.later(resolve))
  }

  #pay(begin: (told: (end: PaymentEnd) => void) => void): Promise<PaymentEnd> {
    return new Promise((resolve) => {
      begin(resolve)
      this.#parts.pump.kick()
    })
  }
}

const CONNECT_POLL_MS = 20

function idOf(channel: ChannelDetails): string {
  return encodeHex(channel.get_channel_id().write())
}

function describe(channel: ChannelDetails): ChannelInfo {
  return {
    channelId: idOf(channel),
    peerId: encodeHex(channel.get_counterparty().get_node_id()),
    capacitySat: channel.get_channel_value_satoshis(),
    outboundMsat: channel.get_next_outbound_htlc_limit_msat(),
    inboundMsat: channel.get_inbound_capacity_msat(),
    pending: channel.get_pending_inbound_htlcs().length + channel.get_pending_outbound_htlcs().length,
    isUsable: isTrue(channel.get_is_usable()),
    isClosing: isClosing(channel),
    isOurs: isTrue(channel.get_is_outbound()),
  }
}

/** The bindings declare booleans, and hand out numbers. */
function isTrue(value: unknown): boolean {
  return value === true || value === 1
}
