/** A node that is run by Core Lightning, over clnrest. Layer 2, io. */
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
import { type DaemonNodeOptions, Listeners, addressOf, checkNetwork } from '../daemon/options.ts'
import { ReceiptBook } from '../daemon/receipt-book.ts'
import { ClnChannels } from './channels.ts'
import { type ClnAccess, ClnClient } from './client.ts'
import { ClnInvoices, holdsNothing } from './invoices.ts'
import { ClnKeysend } from './keysend.ts'
import { ClnReceipts } from './receipts.ts'

export interface ClnOptions extends ClnAccess, DaemonNodeOptions {}

/**
 * Resolves once Core Lightning has said who it is.
 * @throws LightningError `unavailable` | `unauthorized` | `wrong-certificate` | `wrong-network`
 */
export async function openClnNode(options: ClnOptions): Promise<LightningNode> {
  const client = new ClnClient(options)
  try {
    const info = await client.call('getinfo')
    checkNetwork('Core Lightning', info.text('network'), options.network)
    const { journal, log = () => undefined } = options
    const book = await ReceiptBook.open({ journal, owner: `cln/${info.text('id')}`, log })
    const node = new ClnNode(options, client, book)
    await node.begin()
    return node
  } catch (error) {
    client.close()
    throw error
  }
}

class ClnNode implements LightningNode {
  readonly #options: ClnOptions
  readonly #client: ClnClient
  readonly #book: ReceiptBook
  readonly #listeners = new Listeners()
  readonly #channels: ClnChannels
  readonly #keysend: ClnKeysend
  readonly #invoices: ClnInvoices
  readonly #receipts: ClnReceipts
  #address: string | undefined
  #leave: () => void = () => undefined

  constructor(options: ClnOptions, client: ClnClient, book: ReceiptBook) {
    this.#options = options
    this.#client = client
    this.#book = book
    this.#channels = new ClnChannels(client)
    this.#keysend = new ClnKeysend(client)
    this.#invoices = new ClnInvoices(client)
    this.#receipts = new ClnReceipts(client, book, this.#listeners.tell)
  }

  async begin(): Promise<void> {
    const { receiptsFrom, log = () => undefined } = this.#options
    await this.#receipts.begin(receiptsFrom)
    const { tell } = this.#listeners
    this.#leave = follow({
      check: () => this.#client.call('getinfo'),
      tasks: [(signal) => this.#receipts.follow(signal), (signal) => this.#channels.follow(tell, signal)],
      isBack: () => tell({ kind: 'available' }),
      log,
    })
  }

  async info(): Promise<NodeInfo> {
    const info = await this.#client.call('getinfo')
    const { network } = this.#options
    const address = addressOf(announced(info), this.#options)
    return { nodeId: info.text('id'), network, height: info.count('blockheight'), ...address }
  }

  connect(peer: NodeAddress): Promise<void> {
    return this.#channels.connect(peer)
  }

  disconnect(peerId: string): Promise<void> {
    return this.#channels.disconnect(peerId)
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
    return this.#invoices.pay(invoice)
  }

  keysend(payment: Keysend): Promise<PaymentEnd> {
    return this.#keysend.send(payment)
  }

  /** A payment by keysend is tried once for ever. */
  forgetPayment(hash: Uint8Array): Promise<void> {
    return this.#invoices.forget(hash)
  }

  settleHeld(): Promise<void> {
    return Promise.reject(holdsNothing())
  }

  cancelHeld(): Promise<void> {
    return Promise.reject(holdsNothing())
  }

  receipts(): Promise<readonly Receipt[]> {
    return Promise.resolve(this.#book.receipts())
  }

  forgetReceipts(indices: readonly number[]): Promise<void> {
    return this.#book.forget(indices)
  }

  /** One for the life of this object: Core Lightning draws a new one for whoever only looks. */
  async address(): Promise<string> {
    this.#address ??= (await this.#client.call('newaddr', { addresstype: 'bech32' })).text('bech32')
    return this.#address
  }

  async walletSat(): Promise<bigint> {
    const outputs = (await this.#client.call('listfunds')).list('outputs')
    const free = outputs.filter((each) => each.text('status') === 'confirmed' && !each.flag('reserved'))
    return free.reduce((sum, each) => sum + each.amount('amount_msat'), 0n) / 1000n
  }

  listen(listener: (event: NodeEvent) => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Core Lightning goes on. */
  close(): Promise<void> {
    this.#leave()
    this.#listeners.clear()
    this.#client.close()
    return Promise.resolve()
  }
}

function announced(info: Fields): Omit<NodeAddress, 'nodeId'> | undefined {
  const [address] = info.list('address').filter((each) => each.has('address'))
  return address && { host: address.text('address'), port: address.count('port') }
}
