/**
 * Lightning nodes in memory, as sessions of settlements see them. What they hold outlives whoever asks. Testing.
 * Payments move when the test lets them; a payee may hold one, and settle it later or never.
 */
import { encodeHex } from '@hourglass/oer'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import type { ChannelInfo } from '../node.ts'
import type { LightningAction, LightningEvent } from '../session.ts'
import { decodeInvoice } from '../wire/bolt11.ts'
import { encodeInvoice } from './bolt11.ts'
import { REFERENCE_RECORD, isForAccount } from '../wire/reference.ts'

interface Channel {
  readonly id: string
  readonly opener: string
  readonly capacitySat: bigint
  readonly balanceMsat: Map<string, bigint>
  isUsable: boolean
}

interface Payment {
  readonly hash: Uint8Array
  readonly from: string
  readonly to: string
  readonly amountMsat: bigint
  readonly reference: Uint8Array | undefined
  readonly channel: Channel
}

interface Receipt {
  readonly index: number
  readonly hash: Uint8Array
  readonly amountMsat: bigint
  readonly reference: Uint8Array | undefined
}

/** What a routing node would take. */
export const FEE_MSAT = 3n

/** One user of a node: what was told while nobody listened is lost. */
export interface Session {
  perform(action: LightningAction): void
  close(): void
}

class Node {
  walletSat: bigint
  readonly receipts: Receipt[] = []
  /** How payments of this node ended, by hash; and who waits for the end of those under way. */
  readonly ends = new Map<string, LightningEvent>()
  listener: ((event: LightningEvent) => void) | undefined
  reference: Uint8Array | undefined
  readonly watched = new Set<string>()
  /** What was ordered and is not done. */
  orders: LightningAction[] = []
  indices = 0

  constructor(walletSat: bigint) {
    this.walletSat = walletSat
  }
}

export class ModelNetwork {
  /** Whether payees hold what comes in. */
  isHolding = false
  /** Ids of the nodes that are not there: nothing passes to or from them. */
  readonly offline: Set<string> = new Set<string>()
  channels: Channel[] = []
  /** Under way, or held. */
  readonly #payments = new Map<string, Payment>()
  readonly #nodes = new Map<string, Node>()
  /** Who made which invoice, by hash. */
  readonly #invoices = new Map<string, string>()
  #lastId = 0

  addNode(nodeId: string, walletSat: bigint): void {
    this.#nodes.set(nodeId, new Node(walletSat))
  }

  open(nodeId: string, listener: (event: LightningEvent) => void): Session {
    const node = this.#nodes.get(nodeId)!
    node.listener = listener
    return {
      perform: (action) => node.orders.push(action),
      close: () => {
        node.listener = undefined
        node.reference = undefined
        node.watched.clear()
        node.orders = []
      },
    }
  }

  /** Orders that are not done, and payments on their way that nobody holds. */
  get waiting(): number {
    const orders = [...this.#nodes.values()].reduce((sum, node) => sum + node.orders.length, 0)
    const isStuck = this.isHolding || this.offline.size > 0
    return (
      orders + (isStuck ? 0 : this.#payments.size) + this.channels.filter((each) => !each.isUsable).length
    )
  }

  get underWay(): number {
    return this.#payments.size
  }

  walletSat(nodeId: string): bigint {
    return this.#nodes.get(nodeId)!.walletSat
  }

  /** All money, fees that were paid included: it never changes. */
  supplyMsat(): bigint {
    let sum = this.feesMsat
    for (const { walletSat } of this.#nodes.values()) sum += walletSat * 1000n
    for (const { balanceMsat } of this.channels) for (const each of balanceMsat.values()) sum += each
    for (const { amountMsat } of this.#payments.values()) sum += amountMsat + FEE_MSAT
    return sum
  }

  feesMsat = 0n

  /** Does the oldest orders of each node, and brings payments to their end. */
  run(max?: number): void {
    for (const [nodeId, node] of this.#nodes) {
      for (const order of node.orders.splice(0, max ?? Infinity)) this.#perform(nodeId, node, order)
    }
    for (const channel of this.channels) {
      if (channel.isUsable) continue
      channel.isUsable = true
      for (const nodeId of channel.balanceMsat.keys()) this.#report(nodeId, other(channel, nodeId))
    }
    if (this.isHolding || this.offline.size > 0) return
    for (const payment of [...this.#payments.values()].slice(0, max)) this.#end(payment, true)
  }

  /** What is held is given up by the network: its time is over. */
  expire(): void {
    for (const payment of [...this.#payments.values()]) this.#end(payment, false)
  }

  /** A payment of somebody, over some other way: what its reference says is not checked here. */
  receive(nodeId: string, receipt: Omit<Receipt, 'index'>): void {
    const node = this.#nodes.get(nodeId)!
    const kept = { ...receipt, index: ++node.indices }
    node.receipts.push(kept)
    this.#tellReceipt(node, kept)
  }

  #perform(nodeId: string, node: Node, action: LightningAction): void {
    switch (action.kind) {
      case 'reach':
        return this.#report(nodeId, action.peer.nodeId)
      case 'inspect':
        return this.#report(nodeId, action.peerId)
      case 'leave':
        return
      case 'pay': {
        const { preimage, amountMsat, nodeId: to, records } = action.payment
        const reference = records.find(({ type }) => type === REFERENCE_RECORD)!.value
        return this.#pay({ hash: nodeCrypto.sha256(preimage), from: nodeId, to, amountMsat, reference })
      }
      case 'pay-invoice': {
        const { hash, amountMsat } = decodeInvoice(action.invoice)
        const to = this.#invoices.get(encodeHex(hash))!
        return this.#pay({ hash, from: nodeId, to, amountMsat, reference: undefined })
      }
      case 'make-invoice': {
        const hash = nodeCrypto.sha256(nodeRng.bytes(32))
        this.#invoices.set(encodeHex(hash), nodeId)
        const invoice = encodeInvoice(hash, action.amountMsat)
        return this.#tell(nodeId, { kind: 'invoice', id: action.id, invoice })
      }
      case 'watch-invoices':
        for (const hash of action.hashes) node.watched.add(encodeHex(hash))
        for (const receipt of node.receipts) this.#tellReceipt(node, receipt)
        return
      case 'forget-invoice':
        node.watched.delete(encodeHex(action.hash))
        return
      case 'forget-payment':
        node.ends.delete(encodeHex(action.hash))
        return
      case 'watch':
        node.reference = action.reference
        for (const receipt of node.receipts) this.#tellReceipt(node, receipt)
        return
      case 'forget-receipt': {
        const at = node.receipts.findIndex(({ index }) => index === action.index)
        if (at >= 0) node.receipts.splice(at, 1)
        return this.#tell(nodeId, { kind: 'forgotten', hash: action.hash })
      }
      case 'open':
        return this.#open(nodeId, node, action)
      case 'close':
        for (const channelId of action.channelIds) this.#close(channelId)
        return this.#report(nodeId, action.peerId)
    }
  }

  #pay(payment: Omit<Payment, 'channel'>): void {
    const { hash, from, to, amountMsat } = payment
    const name = encodeHex(hash)
    const ended = this.#nodes.get(from)!.ends.get(name)
    if (ended !== undefined) return this.#tell(from, ended)
    if (this.#payments.has(name)) return // Its end will be told.
    const need = amountMsat + FEE_MSAT
    const channel = this.channels.find((each) => each.isUsable && (each.balanceMsat.get(from) ?? 0n) >= need)
    if (channel === undefined || !this.#nodes.has(to)) {
      const end: LightningEvent = { kind: 'unpaid', hash, reason: 'RouteNotFound' }
      return this.#tell(from, end)
    }
    add(channel, from, -need)
    this.#payments.set(name, { ...payment, channel })
  }

  #end({ hash, from, to, amountMsat, reference, channel }: Payment, isPaid: boolean): void {
    const name = encodeHex(hash)
    this.#payments.delete(name)
    const end: LightningEvent = isPaid
      ? { kind: 'paid', hash, feeMsat: FEE_MSAT }
      : { kind: 'unpaid', hash, reason: 'PaymentExpired' }
    this.#nodes.get(from)!.ends.set(name, end)
    if (isPaid) {
      this.feesMsat += FEE_MSAT
      add(channel, to, amountMsat)
      this.receive(to, { hash, amountMsat, reference })
    } else add(channel, from, amountMsat + FEE_MSAT)
    this.#tell(from, end)
  }

  #open(nodeId: string, node: Node, { peerId, capacitySat }: { peerId: string; capacitySat: bigint }): void {
    if (node.walletSat < capacitySat) return
    node.walletSat -= capacitySat
    const balanceMsat = new Map([
      [nodeId, capacitySat * 1000n],
      [peerId, 0n],
    ])
    const id = String(++this.#lastId).padStart(64, '0')
    this.channels.push({ id, opener: nodeId, capacitySat, balanceMsat, isUsable: false })
    this.#report(nodeId, peerId)
  }

  /** Not while payments are on it: whole satoshi go to the wallets, the rest is fees. */
  #close(channelId: string): void {
    const channel = this.channels.find(({ id }) => id === channelId)
    if (channel === undefined || [...this.#payments.values()].some((each) => each.channel === channel)) return
    this.channels = this.channels.filter((each) => each !== channel)
    for (const [nodeId, msat] of channel.balanceMsat) {
      const node = this.#nodes.get(nodeId)
      if (node !== undefined) node.walletSat += msat / 1000n
      this.feesMsat += node === undefined ? msat : msat % 1000n
    }
    for (const nodeId of channel.balanceMsat.keys()) this.#report(nodeId, other(channel, nodeId))
  }

  #report(nodeId: string, peerId: string): void {
    const channels = this.channels.filter(
      (each) => each.balanceMsat.has(nodeId) && each.balanceMsat.has(peerId),
    )
    const isThere = !this.offline.has(nodeId) && !this.offline.has(peerId)
    const infos = channels.map((channel): ChannelInfo => {
      const onIt = [...this.#payments.values()].filter((payment) => payment.channel === channel)
      const [ours = 0n, theirs = 0n] = [channel.balanceMsat.get(nodeId), channel.balanceMsat.get(peerId)]
      return {
        ...{ channelId: channel.id, peerId, capacitySat: channel.capacitySat, pending: onIt.length },
        ...{ outboundMsat: ours > FEE_MSAT ? ours - FEE_MSAT : 0n, inboundMsat: theirs },
        ...{ isUsable: channel.isUsable && isThere, isClosing: false, isOurs: channel.opener === nodeId },
      }
    })
    const { walletSat } = this.#nodes.get(nodeId) ?? { walletSat: 0n }
    this.#tell(nodeId, { kind: 'liquidity', liquidity: { peerId, channels: infos, walletSat } })
  }

  #tellReceipt({ reference: own, watched, listener }: Node, receipt: Receipt): void {
    const { reference, hash } = receipt
    const isWatched =
      reference === undefined
        ? watched.has(encodeHex(hash))
        : own !== undefined && isForAccount(reference, own)
    if (isWatched) listener?.({ kind: 'receipt', ...receipt })
  }

  #tell(nodeId: string, event: LightningEvent): void {
    this.#nodes.get(nodeId)?.listener?.(event)
  }
}

function other({ balanceMsat }: Channel, nodeId: string): string {
  return [...balanceMsat.keys()].find((each) => each !== nodeId)!
}

function add({ balanceMsat }: Channel, nodeId: string, msat: bigint): void {
  balanceMsat.set(nodeId, (balanceMsat.get(nodeId) ?? 0n) + msat)
}
