/** A wallet on one chain: the machine, its node, its journal. Layer 1, io. */
import { Transaction as LibraryTransaction } from '@scure/btc-signer'
import type { Journal } from '@hourglass/journal'
import { UsageError } from '@hourglass/sansio'
import { scriptOf } from '../address.ts'
import { type Outpoint, type TransactionOutput, decodeBlock } from '../block.ts'
import type { Coin } from '../coin.ts'
import { HEADERS_MAX, type Header } from '../header-chain.ts'
import type { Keys } from '../keys.ts'
import { OutputWatch, type Sighting } from '../output-watch.ts'
import type { Payment } from '../payment.ts'
import type { Refusal } from '../planner.ts'
import type { Wallet } from '../wallet.ts'
import type { Balance, WalletEvent, WalletInput, WalletOutput } from '../wallet-io.ts'
import { BitcoinError, NodeError } from './errors.ts'
import { ChainFollower, type Onlooker } from './follower.ts'
import type { BitcoinNode } from './node.ts'

/** Where money goes: an address of the network, or any script. */
export type Destination =
  | { readonly address: string; readonly sats: bigint }
  | { readonly script: Uint8Array; readonly sats: bigint }

export interface PayOptions {
  /** Chosen by the payer, who may ask again after any crash: one reference pays once. */
  readonly reference: string
  readonly to: readonly Destination[]
  /** Default: what the node says of the market. */
  readonly satsPerVbyte?: bigint
  /** The transaction keeps its id, and so its fee: what a channel's funding needs. Default false. */
  readonly isFixed?: boolean
}

export type PayResult =
  /** Written down: it will be paid, whatever crashes from now on. */
  | { readonly kind: 'accepted'; readonly payment: Payment }
  /** Nothing was paid, and nothing will be. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly message: string }

export type Listener = (event: WalletEvent | { readonly kind: 'block'; readonly height: number }) => void

export interface Parts {
  readonly keys: Keys
  readonly node: BitcoinNode
  readonly journal: Journal
  readonly wallet: Wallet
  readonly headers: readonly Header[]
  readonly birthday: number
  readonly confirmations: number
  readonly targetBlocks: number
  readonly pollMs: number
  readonly trace: (message: string) => void
}

export class BitcoinWallet implements Onlooker {
  readonly #parts: Parts
  readonly #wallet: Wallet
  readonly #follower: ChainFollower
  readonly #watch: OutputWatch
  readonly #listeners = new Set<Listener>()
  /** Who asked what, by id. */
  readonly #asked = new Map<number, (result: PayResult) => void>()
  #nextId = 1
  #commitsUnderWay = 0
  /** Those who wait until nothing is being written down. */
  #waiting: (() => void)[] = []
  /** Transactions that the node is being told of. */
  readonly #telling = new Set<string>()
  #told: Promise<void> = Promise.resolve()
  #wantsOffer = false
  #closed = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.#wallet = parts.wallet
    this.#watch = new OutputWatch()
    this.#follower = new ChainFollower({ ...parts, onlooker: this })
    this.#drain()
  }

  /** Of the newest block that the wallet has seen. */
  get height(): number {
    return this.#wallet.height
  }

  get balance(): Balance {
    return this.#wallet.balance
  }

  /** One of our addresses: 0 to 19. They stay good for ever. */
  address(index = 0): string {
    return this.#parts.keys.address(index)
  }

  /** Coins in blocks that no payment spends. */
  coins(): Coin[] {
    return this.#wallet.coins()
  }

  payment(reference: string): Payment | undefined {
    return this.#wallet.payment(reference)
  }

  /** In the order in which they were made. */
  payments(): Payment[] {
    return this.#wallet.payments()
  }

  /**
   * Pays, once for each reference. Resolves when it is written down; `confirmed` waits for blocks.
   * @throws UsageError for what is no address of the network; BitcoinError `closed`
   */
  pay(options: PayOptions): Promise<PayResult> {
    return this.#request(options, false)
  }

  /** Signs and writes down, and does not send: coins stay put aside until `send` or `release`. */
  keep(options: PayOptions): Promise<PayResult> {
    return this.#request(options, true)
  }

  /** The transaction of a payment as it travels, its newest version; undefined for one that is long in a block. */
  rawTransaction(reference: string): Uint8Array | undefined {
    return this.#wallet.rawTransaction(reference)
  }

  /** Sends what was kept. */
  send(reference: string): Promise<PayResult> {
    return this.#ask({ kind: 'send', reference })
  }

  /** Gives up what was kept. Only for a transaction that nobody else has, who might send it. */
  release(reference: string): Promise<PayResult> {
    return this.#ask({ kind: 'release', reference })
  }

  /** Offers more for a payment that waits for a block. The wallet does so by itself after a while. */
  async bump(reference: string, satsPerVbyte?: bigint): Promise<PayResult> {
    checkRate(satsPerVbyte)
    return this.#ask({ kind: 'bump', reference, satsPerVbyte })
  }

  /**
   * Resolves when a payment is that deep in the chain (1: in a block), or void.
   * @throws UsageError for an unknown reference; BitcoinError `closed`
   */
  confirmed(reference: string, confirmations: number = this.#parts.confirmations): Promise<Payment> {
    return new Promise((resolve, reject) => {
      const look: Listener = () => {
        const payment = this.#wallet.payment(reference)
        const depth = payment?.height === undefined ? 0 : this.height + 1 - payment.height
        if (payment === undefined) reject(new UsageError(`there is no payment ${reference}`))
        else if (this.#closed) reject(closed())
        else if (payment.state === 'void' || depth >= confirmations) resolve(payment)
        else return
        this.#listeners.delete(look)
      }
      this.#listeners.add(look)
      look({ kind: 'block', height: this.height })
    })
  }

  /** Tells of payments, of coins that come and go, and of blocks, until what it returns is called. */
  watch(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells of outputs with that script from the next block on, whoever they are for. */
  watchScript(script: Uint8Array, listener: (sighting: Sighting) => void): () => void {
    return this.#watch.watchScript(script, listener)
  }

  /** Tells when an output is spent, from the next block on. */
  watchOutput(outpoint: Outpoint, listener: (sighting: Sighting) => void): () => void {
    return this.#watch.watchOutput(outpoint, listener)
  }

  /**
   * Signs our inputs of a PSBT. Returns the transaction as it travels, other inputs without witnesses. Our payments
   * leave these coins alone for a day, or until the wallet is opened again.
   */
  signPsbt(psbt: Uint8Array): Uint8Array {
    const transaction = LibraryTransaction.fromPSBT(psbt, {
      allowUnknownInputs: true,
      allowUnknownOutputs: true,
      disableScriptCheck: true,
    })
    this.#handle({ kind: 'lent', outpoints: this.#parts.keys.sign(transaction) })
    return transaction.toBytes(true, true)
  }

  /** What a new transaction should offer, in satoshis a virtual byte: the market's, as of the newest block. */
  get satsPerVbyte(): bigint {
    return this.#wallet.satsPerVbyte
  }

  /** Looks at the chain now; resolves when all of it is in the books, and the node was told of all that waits. */
  async sync(): Promise<void> {
    await this.#follower.look()
    await this.#written()
    await this.#told
  }

  /** What was accepted stays so: another wallet with this journal goes on with it. The journal stays open. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#parts.node.close()
    await this.#follower.close()
    for (const listener of this.#listeners) listener({ kind: 'block', height: this.height })
    this.#listeners.clear()
  }

  async connected(header: Header, bytes: Uint8Array): Promise<void> {
    const { transactions } = decodeBlock(bytes)
    this.#handle({ kind: 'connected', header, transactions })
    this.#watch.connect(header.height, transactions)
    await this.#written()
    this.#tell({ kind: 'block', height: header.height })
  }

  async disconnected(header: Header): Promise<void> {
    this.#handle({ kind: 'disconnected' })
    this.#watch.disconnect(header.height)
    await this.#written()
    this.#tell({ kind: 'block', height: header.height - 1 })
  }

  async reset(): Promise<Header> {
    const { node, birthday, trace } = this.#parts
    trace(`the chain has none of the last ${HEADERS_MAX} blocks: it is read again from block ${birthday}`)
    const header = await node.headerAt(birthday)
    this.#handle({ kind: 'reset', header })
    this.#watch.reset(birthday)
    await this.#written()
    return header
  }

  async synced(isNews: boolean): Promise<void> {
    if (!isNews && !this.#wantsOffer) return
    this.#wantsOffer = false
    const { node, targetBlocks } = this.#parts
    this.#handle({ kind: 'synced', market: await node.market(targetBlocks) })
    await this.#written()
  }

  async #request(
    { reference, to, satsPerVbyte, isFixed = false }: PayOptions,
    isKept: boolean,
  ): Promise<PayResult> {
    const outputs = to.map((destination) => this.#outputOf(destination))
    if (outputs.length === 0) throw new UsageError('a payment has somewhere to go')
    checkRate(satsPerVbyte)
    return this.#ask({ kind: 'pay', reference, outputs, satsPerVbyte, isFixed, isKept })
  }

  #outputOf(destination: Destination): TransactionOutput {
    const { network } = this.#parts.keys
    const { sats } = destination
    if (sats <= 0n || sats > SATS_MAX) throw new UsageError(`${sats} sat are no amount`)
    if ('script' in destination) return { sats, script: new Uint8Array(destination.script) }
    const script = scriptOf(destination.address, network)
    if (script === undefined) throw new UsageError(`${destination.address} is no address of ${network}`)
    return { sats, script }
  }

  #ask(question: Question): Promise<PayResult> {
    if (this.#closed) return Promise.reject(closed())
    const id = this.#nextId++
    return new Promise((resolve) => {
      this.#asked.set(id, resolve)
      this.#handle({ ...question, id })
    })
  }

  #handle(input: WalletInput): void {
    this.#wallet.handle(input)
    this.#drain()
  }

  #drain(): void {
    for (let output = this.#wallet.poll(); output !== undefined; output = this.#wallet.poll())
      this.#perform(output)
  }

  #perform(output: WalletOutput): void {
    switch (output.kind) {
      case 'commit': {
        const { id, records } = output
        this.#commitsUnderWay++
        this.#parts.journal.commit(records, () => {
          this.#commitsUnderWay--
          this.#handle({ kind: 'committed', id })
          if (this.#commitsUnderWay > 0) return
          for (const resolve of this.#waiting.splice(0)) resolve()
        })
        return
      }
      case 'broadcast':
        this.#broadcast(output.txid, output.raw)
        return
      case 'accepted':
      case 'refused':
        this.#asked.get(output.id)?.(output)
        this.#asked.delete(output.id)
        return
      case 'payment':
      case 'received':
      case 'lost':
        return this.#tell(output)
    }
  }

  /** One after the other: a transaction comes after those whose change it spends. */
  #broadcast(txid: string, raw: Uint8Array): void {
    if (this.#closed || this.#telling.has(txid)) return
    this.#telling.add(txid)
    this.#told = this.#told.then(() => this.#tellNode(txid, raw))
  }

  async #tellNode(txid: string, raw: Uint8Array): Promise<void> {
    try {
      const answer = await this.#parts.node.broadcast(raw)
      if (answer.objection !== undefined) this.#parts.trace(answer.objection)
      this.#wantsOffer ||= answer.isUnderpriced
      this.#handle({ kind: 'answered', txid, ...answer })
    } catch (error) {
      // The next block brings another attempt.
      if (!(error instanceof BitcoinError || error instanceof NodeError)) throw error
      if (error.code !== 'closed') this.#parts.trace(error.message)
    } finally {
      this.#telling.delete(txid)
    }
  }

  #tell(event: Parameters<Listener>[0]): void {
    for (const listener of this.#listeners) listener(event)
  }

  #written(): Promise<void> {
    if (this.#commitsUnderWay === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

type Question = WalletInput extends infer Input
  ? Input extends { readonly kind: 'pay' | 'send' | 'release' | 'bump' }
    ? Omit<Input, 'id'>
    : never
  : never

/** All that there will ever be. */
const SATS_MAX = 2_100_000_000_000_000n

function checkRate(satsPerVbyte: bigint | undefined): void {
  if (satsPerVbyte !== undefined && satsPerVbyte < 1n)
    throw new UsageError(`${satsPerVbyte} sat/vB are no rate`)
}

function closed(): BitcoinError {
  return new BitcoinError('closed', 'the wallet was closed')
}
