/**
 * Brings transactions to the chain, and lifts those that it does not take. Layer 2, io.
 *
 * LDK sends its commitments and what claims from them again, at rising fees, until they are confirmed. What it
 * forgets is kept here: the funding of a channel, whoever pays for it, its close by agreement, sweeps, withdrawals.
 * They are sent again with each block. One that has waited gets a child that pays for both (CPFP), and that one a
 * successor which pays more (RBF), again and again. LDK's own that spend our coins are kept as well, so that nobody
 * else spends them, until a server says that what they spend is not there.
 *
 *   ldk/transaction/TXID     height u32 of the block that has it, or 0; fee rate u32, where it is a child; its bytes
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import type { BitcoinRpc } from '../chain/bitcoin-rpc.ts'
import { type Transfer, decodeTransfer } from '../chain/block.ts'
import { type Outpoint, nameOf } from '../wallet/coins.ts'
import type { Use, Wallet } from '../wallet/wallet.ts'

const PREFIX = 'ldk/transaction/'
const HEAD_BYTES = 8
/** Confirmed as deep, a transaction stays. */
const DEPTH = 6
/** Blocks that a transaction waits before it is lifted, each time. */
const LIFT_BLOCKS = 6
/** Blocks after which one of LDK's is forgotten that LDK itself has not sent again. */
const BUMP_BLOCKS = 6

interface Kept {
  readonly raw: Uint8Array
  readonly transfer: Transfer
  readonly use: Use
  /** Of it and its parent, in satoshi per 1000 weight units; 0: it is no child. */
  readonly feeRate: number
  readonly confirmedAt: number | undefined
  /** Height when it was seen to wait first, in this life of the node. */
  waitsSince?: number | undefined
}

export interface PublisherParts {
  readonly rpc: BitcoinRpc
  /** Asked once it knows its coins. */
  readonly wallet: () => Wallet
  readonly log: (message: string) => void
}

export class Publisher {
  readonly #parts: PublisherParts
  readonly #kept = new Map<string, Kept>()
  /** What our transactions that no block has spend, and which of them does. */
  readonly #spent = new Map<string, string>()
  /** What is spent already, and since which height we know. */
  readonly #gone = new Map<string, number>()
  #height = 0
  #queue: (readonly Uint8Array[])[] = []
  #records: JournalRecord[] = []
  #sending: Promise<void> = Promise.resolve()
  #lastComplaint: string | undefined

  constructor(parts: PublisherParts) {
    this.#parts = parts
  }

  restore(records: Iterable<StoredRecord>): void {
    for (const { key, value } of records) {
      if (!key.startsWith(PREFIX)) continue
      const reader = new Reader(value)
      const height = reader.uint32()
      const feeRate = reader.uint32()
      const raw = value.slice(HEAD_BYTES)
      const transfer = decodeTransfer(raw)
      const confirmedAt = height === 0 ? undefined : height
      this.#remember({ raw, transfer, use: this.#useBy(transfer), feeRate, confirmedAt })
    }
  }

  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** Sends those that belong together, parents first, once the next commit is durable. */
  publish(transactions: readonly Uint8Array[]): void {
    this.#queue.push(transactions)
  }

  /** Sees to it that it is confirmed, from the next block on. */
  keep(raw: Uint8Array): void {
    const transfer = decodeTransfer(raw)
    const known = this.#kept.get(transfer.txid)
    if (known !== undefined) {
      if (known.use === 'bump') known.waitsSince = undefined
      return
    }
    this.#set({ raw, transfer, use: this.#useBy(transfer), feeRate: 0, confirmedAt: undefined })
    this.#parts.wallet().forget(transfer.txid)
  }

  /** It will never be needed. */
  drop(txid: string): void {
    this.#parts.wallet().forget(txid)
    if (this.#kept.has(txid)) this.#drop(txid)
  }

  /** What of ours spends it, and is in no block. */
  useOf(coin: Outpoint): Use | undefined {
    return this.#kept.get(this.#spent.get(nameOf(coin)) ?? '')?.use
  }

  /**
   * Whether it spends what somebody else has spent. LDK 0.1.2 goes on for ever to claim a payment that the peer has
   * claimed on the chain; our coins would be held up with it.
   */
  isFutile({ inputs }: Transfer): boolean {
    return inputs.some((input) => this.#gone.has(nameOf(input)))
  }

  connect(transfers: readonly Transfer[], height: number): void {
    this.#height = height
    const spent = new Map<string, string>()
    for (const { txid, inputs, outputs } of transfers) {
      for (const input of inputs) spent.set(nameOf(input), txid)
      outputs.forEach((_, index) => this.#gone.delete(nameOf({ txid, index })))
    }
    for (const [txid, kept] of this.#kept) {
      const spenders = kept.transfer.inputs.map((input) => spent.get(nameOf(input)))
      if (spenders.includes(txid)) this.#set({ ...kept, confirmedAt: height })
      // Another one took its place: a replacement, or the peer's.
      else if (spenders.some((spender) => spender !== undefined)) this.#drop(txid)
      else if (kept.confirmedAt !== undefined && height - kept.confirmedAt >= DEPTH) this.#drop(txid)
    }
  }

  disconnect(height: number): void {
    this.#gone.clear()
    for (const kept of [...this.#kept.values()]) {
      const isUndone = kept.confirmedAt !== undefined && kept.confirmedAt >= height
      if (isUndone) this.#set({ ...kept, confirmedAt: undefined })
    }
  }

  /** The newest block is known: what still waits is sent again, and lifted where it has waited long. */
  synced(height: number, feeRate: number): void {
    // Now and then they are tried again: the server may have been wrong.
    for (const [name, since] of this.#gone) if (height - since >= BUMP_BLOCKS) this.#gone.delete(name)
    for (const [txid, kept] of [...this.#kept]) {
      if (kept.confirmedAt !== undefined) continue
      kept.waitsSince ??= height
      const waited = height - kept.waitsSince
      if (kept.use === 'bump') {
        if (waited >= BUMP_BLOCKS) this.#drop(txid)
      } else if (!this.#hasChild(kept)) {
        if (waited >= LIFT_BLOCKS) this.#lift(kept, feeRate)
        else this.publish(this.#family(kept))
      }
    }
  }

  /** What is to be sent, for when it may leave; undefined: nothing. */
  takeTransactions(): (() => void) | undefined {
    const queue = this.#queue
    if (queue.length === 0) return undefined
    this.#queue = []
    // In their order: what one spends, another before it may have made.
    return () => void (this.#sending = this.#sending.then(() => this.#send(queue)))
  }

  #lift(kept: Kept, market: number): void {
    kept.waitsSince = undefined
    const parent = this.#parentOf(kept)
    const isChild = kept.feeRate > 0
    if (isChild && parent === undefined) return this.publish([kept.raw])
    // BIP 125: a successor pays more than the one before, and for its own way.
    const feeRate = Math.max(market, isChild ? Math.ceil(kept.feeRate * RAISE) + RELAY_FEE_RATE : 0)
    const lifted = isChild ? parent! : kept
    const raw = this.#parts.wallet().childOf(lifted.transfer, feeRate)
    if (raw === undefined) return this.publish(this.#family(kept))
    const child: Kept = { raw, transfer: decodeTransfer(raw), use: 'own', feeRate, confirmedAt: undefined }
    if (isChild) this.#drop(kept.transfer.txid)
    this.#set(child)
    this.publish(this.#family(child))
    this.#parts.log(`${lifted.transfer.txid} waits: ${child.transfer.txid} pays for it`)
  }

  /** It, and before it what it depends on. */
  #family(kept: Kept): Uint8Array[] {
    const parent = this.#parentOf(kept)
    return parent === undefined ? [kept.raw] : [...this.#family(parent), kept.raw]
  }

  /** One of ours that no block has yet. */
  #parentOf({ transfer }: Kept): Kept | undefined {
    const parents = transfer.inputs.map(({ txid }) => this.#kept.get(txid))
    return parents.find((parent) => parent !== undefined && parent.confirmedAt === undefined)
  }

  #hasChild({ transfer: { txid, outputs } }: Kept): boolean {
    return outputs.some((_, index) => this.#spent.has(nameOf({ txid, index })))
  }

  /** LDK's own spend coins of ours beside something else. */
  #useBy({ inputs }: Transfer): Use {
    const { coins } = this.#parts.wallet()
    const owned = inputs.filter((input) => coins.owns(input)).length
    return owned > 0 && owned < inputs.length ? 'bump' : 'own'
  }

  #set(kept: Kept): void {
    this.#remember(kept)
    const { raw, feeRate, confirmedAt = 0, transfer } = kept
    const value = new Writer(raw.length + HEAD_BYTES).uint32(confirmedAt).uint32(feeRate).bytes(raw).finish()
    this.#records.push({ key: PREFIX + transfer.txid, value })
  }

  #remember(kept: Kept): void {
    const { txid, inputs } = kept.transfer
    this.#kept.set(txid, kept)
    for (const input of inputs) {
      if (kept.confirmedAt === undefined) this.#spent.set(nameOf(input), txid)
      else if (this.#spent.get(nameOf(input)) === txid) this.#spent.delete(nameOf(input))
    }
  }

  #drop(txid: string): void {
    for (const input of this.#kept.get(txid)?.transfer.inputs ?? []) {
      if (this.#spent.get(nameOf(input)) === txid) this.#spent.delete(nameOf(input))
    }
    this.#kept.delete(txid)
    this.#records.push({ key: PREFIX + txid, value: undefined })
  }

  /** The chain refuses what it has already, what pays too little, and what came too late. */
  async #send(queue: readonly (readonly Uint8Array[])[]): Promise<void> {
    for (const transactions of queue) {
      try {
        await this.#parts.rpc.send(transactions)
      } catch (error) {
        const { message } = error as Error
        if (message !== this.#lastComplaint) this.#parts.log(`transaction not taken: ${message}`)
        this.#lastComplaint = message
        await this.#giveUp(transactions.map(decodeTransfer)).catch(() => undefined)
      }
    }
  }

  /** Where LDK's own spend what is not there, they hold up no coins of ours any more. */
  async #giveUp(transfers: readonly Transfer[]): Promise<void> {
    const { wallet, rpc } = this.#parts
    const bumps = transfers.map(({ txid }) => txid).filter((txid) => this.#kept.get(txid)?.use === 'bump')
    if (bumps.length === 0) return
    const hasOutput = ({ txid, index }: Outpoint): Promise<boolean> => rpc.hasOutput(txid, index)
    for (const { txid, inputs, outputs } of transfers) {
      // In a block already, with what it spends.
      for (const index of outputs.keys()) if (await hasOutput({ txid, index })) return
      for (const input of inputs) {
        const isMade = transfers.some((transfer) => transfer.txid === input.txid)
        if (isMade || wallet().coins.owns(input) || (await hasOutput(input))) continue
        this.#gone.set(nameOf(input), this.#height)
        for (const each of bumps) this.#drop(each)
      }
    }
  }
}

const RAISE = 1.25
/** What a relay asks for a successor's own way, in satoshi per 1000 weight units. */
const RELAY_FEE_RATE = 250
