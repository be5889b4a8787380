/** A node that is run by LND, over its REST interface. Layer 2, io. */
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
import { follow } from '../daemon/follower.ts'
import type { Fields } from '../daemon/json.ts'
import {
  type DaemonNodeOptions,
  Listeners,
  addressOf,
  checkNetwork,
  untilConnected,
} from '../daemon/options.ts'
import { ReceiptBook } from '../daemon/receipt-book.ts'
import { LndChannels } from './channels.ts'
import { type LndAccess, LndClient, LndRefusal } from './client.ts'
import { LndInvoices } from './invoices.ts'
import { LndPayments } from './payments.ts'
import { LndReceipts } from './receipts.ts'

export interface LndOptions extends LndAccess, DaemonNodeOptions {}

/**
 * Resolves once LND has said who it is. It must accept keysend where it is to be paid by that.
 * @throws LightningError `unavailable` | `unauthorized` | `wrong-certificate` | `wrong-network`
 */
export async function openLndNode(options: LndOptions): Promise<LightningNode> {
  const client = new LndClient(options)
  try {
    const info = await client.greet()
    checkNetwork('LND', networkOf(info), options.network)
    const owner = `lnd/${info.text('identity_pubkey')}`
    const book = await ReceiptBook.open({ journal: options.journal, owner, log: logOf(options) })
    const node = new LndNode(options, client, book)
    await node.begin()
    return node
  } catch (error) {
    client.close()
    throw error
  }
}

class LndNode implements LightningNode {
  readonly #options: LndOptions
  readonly #client: LndClient
  readonly #book: ReceiptBook
  readonly #listeners = new Listeners()
  readonly #channels: LndChannels
  readonly #payments: LndPayments
  readonly #invoices: LndInvoices
  readonly #receipts: LndReceipts
  /** LND forgets after a restart whom it was told to keep a connection to, but for those it has channels with. */
  readonly #wanted = new Map<string, NodeAddress>()
  #leave: () => void = () => undefined

  constructor(options: LndOptions, client: LndClient, book: ReceiptBook) {
    this.#options = options
    this.#client = client
    this.#book = book
    const { tell } = this.#listeners
    this.#channels = new LndChannels(client)
    this.#payments = new LndPayments(client)
    this.#invoices = new LndInvoices(client, tell)
    this.#receipts = new LndReceipts(client, book, tell)
  }

  async begin(): Promise<void> {
    await this.#receipts.begin(this.#options.receiptsFrom)
    const { tell } = this.#listeners
    this.#leave = follow({
      check: () => this.#client.greet(),
      tasks: [
        (signal) => this.#receipts.follow(signal),
        (signal) => this.#invoices.follow(signal),
        (signal) => this.#channels.follow(tell, signal),
      ],
      isBack: () => {
        for (const peer of this.#wanted.values()) void this.#reach(peer).catch(() => undefined)
        tell({ kind: 'available' })
      },
      log: logOf(this.#options),
    })
  }

  async info(): Promise<NodeInfo> {
    const info = await this.#client.greet()
    const { network } = this.#options
    const nodeId = info.text('identity_pubkey')
    return {
      nodeId,
      network,
      height: info.count('block_height'),
      ...addressOf(announced(info), this.#options),
    }
  }

  async connect(peer: NodeAddress): Promise<void> {
    this.#wanted.set(peer.nodeId, peer)
    if (await this.#isConnected(peer.nodeId)) return
    await this.#reach(peer)
    await untilConnected(peer.nodeId, () => this.#isConnected(peer.nodeId))
  }

  async disconnect(peerId: string): Promise<void> {
    this.#wanted.delete(peerId)
    if (await this.#isConnected(peerId))
      await this.#client.ask({ method: 'DELETE', path: `/v1/peers/${peerId}` })
  }

  channels(): Promise<readonly ChannelInfo[]> {
    return this.#channels.list()
  }

  openChannel(channel: OpenChannel): Promise<void> {
    return this.#channels.open(channel)
  }

  closeChannel(channelId: string, isForced = false): Promise<void> {
    return this.#channels.close(channelId, isForced)
  }

  createInvoice(options: InvoiceOptions): Promise<string> {
    return this.#invoices.create(options)
  }

  payInvoice(invoice: string): Promise<PaymentEnd> {
    return this.#payments.payInvoice(invoice)
  }

  keysend(payment: Keysend): Promise<PaymentEnd> {
    return this.#payments.keysend(payment)
  }

  forgetPayment(hash: Uint8Array): Promise<void> {
    return this.#payments.forget(hash)
  }

  settleHeld(preimage: Uint8Array): Promise<void> {
    return this.#invoices.settle(preimage)
  }

  cancelHeld(hash: Uint8Array): Promise<void> {
    return this.#invoices.cancel(hash)
  }

  receipts(): Promise<readonly Receipt[]> {
    return Promise.resolve(this.#book.receipts())
  }

  forgetReceipts(indices: readonly number[]): Promise<void> {
    return this.#book.forget(indices)
  }

  async address(): Promise<string> {
    return (await this.#client.get('/v1/newaddress?type=UNUSED_WITNESS_PUBKEY_HASH')).text('address')
  }

  async walletSat(): Promise<bigint> {
    return (await this.#client.get('/v1/balance/blockchain')).amount('confirmed_balance')
  }

  listen(listener: (event: NodeEvent) => void): () => void {
    return this.#listeners.add(listener)
  }

  /** LND goes on. */
  close(): Promise<void> {
    this.#leave()
    this.#listeners.clear()
    this.#client.close()
    return Promise.resolve()
  }

  /** Has LND connect, and connect again; it refuses where it is connected already. */
  async #reach({ nodeId, host, port }: NodeAddress): Promise<void> {
    const addr = { pubkey: nodeId, host: `${host.includes(':') ? `[${host}]` : host}:${port}` }
    await this.#client.post('/v1/peers', { addr, perm: true }).catch((error: unknown) => {
      if (!(error instanceof LndRefusal)) throw error
    })
  }

  async #isConnected(peerId: string): Promise<boolean> {
    const peers = (await this.#client.get('/v1/peers')).list('peers')
    return peers.some((peer) => peer.text('pub_key') === peerId)
  }
}

function logOf({ log }: DaemonNodeOptions): (message: string) => void {
  return log ?? (() => undefined)
}

function networkOf(info: Fields): string {
  const network = info.list('chains')[0]?.text('network') ?? 'no network'
  return network === 'mainnet' ? 'bitcoin' : network
}

/** `NODE@HOST:PORT` */
function announced(info: Fields): Omit<NodeAddress, 'nodeId'> | undefined {
  const [uri = ''] = info.texts('uris')
  const [, host, port] = /@\[?([^\]]+)\]?:(\d+)$/.exec(uri) ?? []
  return host === undefined ? undefined : { host, port: Number(port) }
}
