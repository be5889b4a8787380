/**
 * A Lightning node inside of this process, by LDK. Layer 2, io.
 * One a process: a panic of the library ends it, and whoever watches the process starts it anew.
 */
import { createHash } from 'node:crypto'
import {
  type APIError,
  APIError_APIMisuseError as Misuse,
  APIError_ChannelUnavailable as Unavailable,
  Bolt11InvoiceDescription,
  type ChannelDetails,
  Description,
  Option_ThirtyTwoBytesZ as MaybeHash,
  Option_u16Z as MaybeBlocks,
  Option_u32Z as MaybeSeconds,
  Option_u64Z as MaybeAmount,
  Result_Bolt11InvoiceSignOrCreationErrorZ_OK as InvoiceMade,
  Result_ChannelIdAPIErrorZ_Err as NotOpened,
  Result_DescriptionCreationErrorZ_OK as DescriptionMade,
} from 'lightningdevkit'
import { decodeHex, encodeHex } from '@hourglass/oer'
import type {
  ChannelInfo,
  HeldPayment,
  InvoiceOptions,
  Keysend,
  NodeAddress,
  NodeEvent,
  NodeInfo,
  OpenChannel,
  OwnWalletNode,
  PaymentEnd,
  Receipt,
  Withdrawal,
} from '../../node.ts'
import { decodeTransfer } from '../chain/block.ts'
import { LightningError } from '../lightning-error.ts'
import { ANCHOR_RESERVE_SAT } from './anchor-wallet.ts'
import { type Closer, idOf } from './closer.ts'
import { isClosing } from './engine.ts'
import { type NodeParts, type NodeOptions, openParts } from './node-parts.ts'
import { isTrue } from './runtime.ts'

/** How long a peer has to be reached by `connect`; it is tried on after that. */
const CONNECT_MS = 10_000

export class EmbeddedNode implements OwnWalletNode {
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
    const { engine, closer } = this.#parts
    return Promise.resolve(engine.manager.list_channels().map((channel) => describe(channel, closer)))
  }

  openChannel({ peerId, capacitySat, pushMsat = 0n }: OpenChannel): Promise<void> {
    const { manager } = this.#parts.engine
    const reserveSat = this.#reserveSat(1)
    if (this.#balanceSat() <= capacitySat + reserveSat) {
      const message = `the wallet has not ${capacitySat} sat over its reserve of ${reserveSat} sat for open channels`
      throw new LightningError('refused', message)
    }
    const result = manager.create_channel(decodeHex(peerId)!, capacitySat, pushMsat, 0n, null, null)
    if (result instanceof NotOpened) {
      throw new LightningError('refused', `no channel to ${peerId}: ${reasonOf(result.err)}`)
    }
    return this.#durable(undefined)
  }

  closeChannel(channelId: string, isForced = false): Promise<void> {
    this.#parts.closer.close(channelId, isForced)
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
    this.#parts.stores.book.forgetEnd(encodeHex(hash))
    return this.#durableLater()
  }

  settleHeld(preimage: Uint8Array): Promise<void> {
    const { stores, engine } = this.#parts
    const hash = createHash('sha256').update(preimage).digest()
    if (stores.book.isHeld(hash)) {
      stores.book.claiming(hash)
      engine.manager.claim_funds(preimage)
    } else if (!stores.book.isTaken(hash)) {
      throw new LightningError('refused', 'no payment by the hash of this preimage is held')
    }
    return this.#durable(undefined)
  }

  cancelHeld(hash: Uint8Array): Promise<void> {
    this.#parts.stores.book.release(hash)
    this.#parts.engine.manager.fail_htlc_backwards(hash)
    return this.#durable(undefined)
  }

  held(): Promise<readonly HeldPayment[]> {
    const held = this.#parts.stores.book.held()
    return this.#durable(held.map(({ hash, amountMsat }) => ({ hash, amountMsat })))
  }

  receipts(): Promise<readonly Receipt[]> {
    return this.#durable(this.#parts.stores.book.receipts())
  }

  forgetReceipts(indices: readonly number[]): Promise<void> {
    this.#parts.stores.book.forgetReceipts(indices)
    return this.#durableLater()
  }

  address(): Promise<string> {
    return Promise.resolve(this.#parts.stores.wallet.address)
  }

  walletSat(): Promise<bigint> {
    return Promise.resolve(this.#balanceSat())
  }

  withdraw({ id, address, amountSat }: Withdrawal): Promise<string> {
    const { wallet, fees, withdrawals } = this.#parts.stores
    const known = withdrawals.txid(id)
    if (known !== undefined) return this.#durable(known)
    const script = wallet.scriptOf(address)
    if (script === undefined) throw new LightningError('refused', `${address} is no address of this network`)
    const { feeRate } = fees
    const options = { feeRate, height: this.#parts.height(), reserveSat: this.#reserveSat(0) }
    const raw = amountSat === 'all' ? wallet.payAll(address, options) : wallet.pay(script, amountSat, options)
    const { txid } = decodeTransfer(raw)
    withdrawals.note(id, txid)
    this.#parts.broadcast([raw])
    return this.#durable(txid)
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

  #balanceSat(): bigint {
    return this.#parts.stores.wallet.balanceSat(this.#parts.height())
  }

  /** For the channels that there are, and so many more. */
  #reserveSat(more: number): bigint {
    return BigInt(this.#parts.engine.manager.list_channels().length + more) * ANCHOR_RESERVE_SAT
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

  /** Rejects where `begin` throws. */
  #pay(begin: (told: (end: PaymentEnd) => void) => void): Promise<PaymentEnd> {
    return new Promise((resolve) => this.#parts.pump.begin(() => resolve(new Promise(begin))))
  }
}

const CONNECT_POLL_MS = 20

function reasonOf(error: APIError): string {
  return error instanceof Misuse || error instanceof Unavailable ? error.err : 'it cannot be opened'
}

function describe(channel: ChannelDetails, closer: Closer): ChannelInfo {
  const channelId = idOf(channel)
  return {
    channelId,
    peerId: encodeHex(channel.get_counterparty().get_node_id()),
    capacitySat: channel.get_channel_value_satoshis(),
    outboundMsat: channel.get_next_outbound_htlc_limit_msat(),
    inboundMsat: channel.get_inbound_capacity_msat(),
    pending: channel.get_pending_inbound_htlcs().length + channel.get_pending_outbound_htlcs().length,
    isUsable: isTrue(channel.get_is_usable()),
    isClosing: closer.isWanted(channelId) || isClosing(channel),
    isOurs: isTrue(channel.get_is_outbound()),
  }
}
