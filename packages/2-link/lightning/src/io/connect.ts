/** A Lightning node as one account's settlement sees it. Layer 2, io. It decides nothing and remembers nothing. */
import { createHash } from 'node:crypto'
import { encodeHex } from '@hourglass/oer'
import type { LightningNode, NodeAddress, NodeEvent, PaymentEnd, Receipt } from '../node.ts'
import type { LightningAction, LightningEvent } from '../session.ts'
import { REFERENCE_RECORD, isForAccount } from '../wire/reference.ts'
import { LightningError } from './lightning-error.ts'

/** A node that is not there is asked again after as long. */
const RETRY_MS = 250

export interface LightningSession {
  perform(action: LightningAction): void
  /** Nothing is reported from now on; payments under way still end. */
  close(): void
}

export interface SessionOptions {
  readonly node: LightningNode
  readonly listener: (event: LightningEvent) => void
  readonly log?: (message: string) => void
}

/** A line of its own for one user of the node. */
export function connectLightning(options: SessionOptions): LightningSession {
  return new Session(options)
}

class Session implements LightningSession {
  readonly #node: LightningNode
  readonly #listener: (event: LightningEvent) => void
  readonly #log: (message: string) => void
  /** Of the account; undefined: nobody watches. */
  #reference: Uint8Array | undefined
  /** Hashes of invoices that are watched. */
  readonly #invoices = new Set<string>()
  /** Whose channels are reported. */
  readonly #peers = new Set<string>()
  /** Peers that are being connected to, and where they were said to be last. */
  readonly #reaching = new Map<string, NodeAddress>()
  readonly #stopListening: () => void
  #isClosed = false

  constructor({ node, listener, log = () => undefined }: SessionOptions) {
    this.#node = node
    this.#listener = listener
    this.#log = log
    this.#stopListening = node.listen((event) => this.#hear(event))
  }

  perform(action: LightningAction): void {
    void this.#untilAvailable(() => this.#perform(action))
  }

  close(): void {
    this.#isClosed = true
    this.#stopListening()
  }

  #hear(event: NodeEvent): void {
    if (event.kind === 'received') this.#tellReceipt(event.receipt)
    // What came in while it was away has to be asked for.
    if (event.kind === 'available') void this.#untilAvailable(() => this.#tellReceipts())
    if (event.kind !== 'channels' && event.kind !== 'available') return
    for (const peerId of this.#peers) void this.#untilAvailable(() => this.#inspect(peerId))
  }

  async #perform(action: LightningAction): Promise<void> {
    switch (action.kind) {
      case 'reach':
        return this.#reach(action.peer)
      case 'leave':
        this.#reaching.delete(action.peerId)
        return this.#node.disconnect(action.peerId)
      case 'pay':
        return this.#pay(createHash('sha256').update(action.payment.preimage).digest(), () =>
          this.#node.keysend(action.payment),
        )
      case 'pay-invoice':
        return this.#pay(action.hash, () => this.#node.payInvoice(action.invoice))
      case 'make-invoice':
        return this.#makeInvoice(action)
      case 'watch-invoices':
        for (const hash of action.hashes) this.#invoices.add(encodeHex(hash))
        return this.#tellReceipts()
      case 'forget-invoice':
        this.#invoices.delete(encodeHex(action.hash))
        return
      case 'forget-payment':
        return this.#node.forgetPayment(action.hash)
      case 'watch':
        this.#reference = action.reference
        return this.#tellReceipts()
      case 'forget-receipt':
        this.#invoices.delete(encodeHex(action.hash))
        await this.#node.forgetReceipts([action.index])
        this.#tell({ kind: 'forgotten', hash: action.hash })
        return
      case 'inspect':
        return this.#inspect(action.peerId)
      case 'open':
        return this.#open(action.peerId, action.capacitySat)
      case 'close':
        return this.#close(action)
    }
  }

  /** Again and again where the node is not there; what it refuses is done with. */
  async #untilAvailable(act: () => Promise<void>): Promise<void> {
    while (!this.#isClosed) {
      try {
        await act()
        return
      } catch (error) {
        if (!(error instanceof LightningError)) throw error
        if (error.code !== 'unavailable') {
          this.#log(error.message)
          return
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  /** Nothing is reported before: without a connection nothing can be paid or opened. */
  async #reach(peer: NodeAddress): Promise<void> {
    const { nodeId } = peer
    const isTried = this.#reaching.has(nodeId)
    this.#reaching.set(nodeId, peer)
    if (isTried) return
    await this.#untilAvailable(async () => {
      // It may have moved meanwhile, or be wanted no more.
      for (let at: NodeAddress | undefined; at !== this.#reaching.get(nodeId);) {
        at = this.#reaching.get(nodeId)
        if (at !== undefined) await this.#node.connect(at)
      }
      if (this.#reaching.has(nodeId)) await this.#inspect(nodeId)
    })
    this.#reaching.delete(nodeId)
  }

  /** What the node refuses it has not paid, and will not. */
  async #pay(hash: Uint8Array, pay: () => Promise<PaymentEnd>): Promise<void> {
    const end = await pay().catch(refused)
    if (end.kind === 'sent') this.#tell({ kind: 'paid', hash, feeMsat: end.feeMsat })
    else this.#tell({ kind: 'unpaid', hash, reason: end.reason })
  }

  async #makeInvoice({
    id,
    amountMsat,
    expiryS,
  }: Extract<LightningAction, { kind: 'make-invoice' }>): Promise<void> {
    const making = this.#node.createInvoice({ amountMsat, expiryS, description: 'settlement' })
    const invoice = await making.catch((error: unknown) => void refused(error))
    this.#tell({ kind: 'invoice', id, invoice: invoice ?? undefined })
  }

  async #open(peerId: string, capacitySat: bigint): Promise<void> {
    await this.#node.openChannel({ peerId, capacitySat })
    await this.#inspect(peerId)
  }

  /** Those that cannot be closed so, or are gone, are left to whoever looks at the report. */
  async #close({ peerId, channelIds, isForced }: Extract<LightningAction, { kind: 'close' }>): Promise<void> {
    for (const channelId of channelIds) {
      await this.#untilAvailable(() => this.#node.closeChannel(channelId, isForced))
    }
    await this.#inspect(peerId)
  }

  async #inspect(peerId: string): Promise<void> {
    this.#peers.add(peerId)
    const [channels, walletSat] = await Promise.all([this.#node.channels(), this.#node.walletSat()])
    const own = channels.filter((channel) => channel.peerId === peerId)
    this.#tell({ kind: 'liquidity', liquidity: { peerId, channels: own, walletSat } })
  }

  async #tellReceipts(): Promise<void> {
    for (const receipt of await this.#node.receipts()) this.#tellReceipt(receipt)
  }

  /** Those with our reference or by our invoices: what the rest of a reference proves is for the settlement to say. */
  #tellReceipt({ index, hash, amountMsat, records }: Receipt): void {
    const reference = records.find(({ type }) => type === REFERENCE_RECORD)?.value
    const isWatched =
      reference === undefined
        ? this.#invoices.has(encodeHex(hash))
        : this.#reference !== undefined && isForAccount(reference, this.#reference)
    if (isWatched) this.#tell({ kind: 'receipt', index, hash, amountMsat, reference })
  }

  #tell(event: LightningEvent): void {
    if (!this.#isClosed) this.#listener(event)
  }
}

/** What the node says not to have done; any other end is unknown. */
function refused(error: unknown): PaymentEnd {
  if (error instanceof LightningError && error.code === 'refused') {
    return { kind: 'failed', reason: error.message }
  }
  throw error
}
