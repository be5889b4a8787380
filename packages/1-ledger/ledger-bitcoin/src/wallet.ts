/**
 * A wallet of segwit coins, on a chain that may take blocks back. Layer 1.
 *
 *     pay --commit--> sent --a block holds it--> mined --144 blocks--> buried
 *                     | ^                          |
 *      too long: the  | |   reorganised away       |  a coin of it was spent otherwise, 100 blocks ago
 *      same for more  +-+--------------------------+-------------------------------------------------> void
 *
 * A payment is written down, signed, before anybody hears of it; what a node answers to a broadcast decides nothing,
 * what blocks hold does. All versions of a payment spend the same coins, so that only one can ever be mined: that makes
 * a crash, a lost answer or a raised fee harmless.
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { type Machine, Queue } from '@hourglass/sansio'
import { type Transaction, txidOf } from './block.ts'
import { CoinBook } from './coin-book.ts'
import { type Coin, type MinedCoin, outpointParts, sumOf } from './coin.ts'
import { type Header, HEADERS_MAX } from './header-chain.ts'
import type { Keys } from './keys.ts'
import { PaymentBook } from './payment-book.ts'
import { type Entry, type Payment, isWaiting, newest, viewOf } from './payment.ts'
import { Planner, type Refused } from './planner.ts'
import { coinRecord, headerRecord, paymentRecord, restore } from './records.ts'
import type { Balance, WalletInput, WalletOutput } from './wallet-io.ts'

export interface WalletOptions {
  readonly keys: Keys
  /** What an earlier life wrote down. */
  readonly records: Iterable<StoredRecord>
  /** The newest block, where nothing was written down. */
  readonly start: Header
  /** A payment that is in none of so many blocks is offered for more. */
  readonly bumpAfterBlocks: number
  /** No payment offers more, in satoshis a virtual byte. */
  readonly rateMax: bigint
}

export class Wallet implements Machine<WalletInput, WalletOutput> {
  readonly #keys: Keys
  readonly #bumpAfterBlocks: number
  readonly #coins: CoinBook
  readonly #payments: PaymentBook
  readonly #planner: Planner
  readonly #outputs = new Queue<WalletOutput>()
  /** What becomes known with a commit that is under way. */
  readonly #withheld = new Map<number, WalletOutput[]>()
  #commits = 0
  /** What the input under way brings about. */
  #events: WalletOutput[] = []
  #headers: JournalRecord[] = []
  #height: number
  /** Height of the oldest header that is written down. */
  #oldest: number

  constructor({ keys, records, start, bumpAfterBlocks, rateMax }: WalletOptions) {
    const { coins, headers, entries } = restore(records)
    this.#keys = keys
    this.#bumpAfterBlocks = bumpAfterBlocks
    this.#coins = new CoinBook(coins)
    this.#payments = new PaymentBook(entries)
    this.#planner = new Planner({ keys, coins: this.#coins, payments: this.#payments, rateMax })
    this.#oldest = headers[0]?.height ?? start.height
    this.#height = headers.at(-1)?.height ?? start.height
    this.#planner.height = this.#height
    if (headers.length === 0) {
      this.#headers.push(headerRecord(start.height, start))
      this.#reveal()
    }
  }

  /** Of the newest block. */
  get height(): number {
    return this.#height
  }

  get balance(): Balance {
    const mature = this.#planner.minedCoins()
    const free = [...this.#coins.unspent()].filter(({ outpoint }) => !this.#payments.isReserved(outpoint))
    const confirmed = sumOf(mature)
    return {
      confirmed,
      unconfirmed: sumOf([...this.#payments.waitingChange()].map(({ coin }) => coin)),
      immature: sumOf(free) - confirmed,
    }
  }

  /** What a new payment offers. */
  get satsPerVbyte(): bigint {
    return this.#planner.rate
  }

  /** Coins in blocks that no payment spends. */
  coins(): Coin[] {
    return this.#planner.minedCoins()
  }

  payment(reference: string): Payment | undefined {
    const entry = this.#payments.get(reference)
    return entry === undefined ? undefined : viewOf(entry)
  }

  /** Its newest version, as it travels; undefined for one that is long in a block. */
  rawTransaction(reference: string): Uint8Array | undefined {
    const entry = this.#payments.get(reference)
    return entry === undefined || newest(entry).raw.length === 0 ? undefined : newest(entry).raw
  }

  /** In the order in which they were made. */
  payments(): Payment[] {
    return Array.from(this.#payments.all(), viewOf)
  }

  handle(input: WalletInput): void {
    switch (input.kind) {
      case 'connected':
        this.#connect(input.header, input.transactions)
        break
      case 'disconnected':
        this.#disconnect()
        break
      case 'reset':
        this.#reset(input.header)
        break
      case 'synced':
        this.#planner.market = input.market
        this.#offerAgain()
        break
      case 'pay':
        this.#pay(input)
        break
      case 'send':
      case 'release':
      case 'bump':
        this.#change(input)
        break
      case 'lent':
        for (const outpoint of input.outpoints) this.#planner.lend(outpoint)
        break
      case 'answered':
        this.#handleAnswer(input)
        break
      case 'committed':
        for (const output of this.#withheld.get(input.id) ?? []) this.#outputs.push(output)
        this.#withheld.delete(input.id)
        return
    }
    this.#reveal()
  }

  poll(): WalletOutput | undefined {
    return this.#outputs.shift()
  }

  /** Blocks are its clock. */
  nextTimeout(): undefined {
    return undefined
  }

  #connect(header: Header, transactions: readonly Transaction[]): void {
    this.#setHeight(header.height)
    transactions.forEach((transaction, index) => this.#apply(transaction, index === 0))
    this.#headers.push(headerRecord(header.height, header))
    for (; this.#oldest <= header.height - HEADERS_MAX; this.#oldest++)
      this.#headers.push(headerRecord(this.#oldest, undefined))
    this.#coins.forgetSpent(header.height - HEADERS_MAX)
    for (const entry of this.#payments.all()) this.#age(entry)
  }

  #apply(transaction: Transaction, isReward: boolean): void {
    const { inputs, outputs } = transaction
    const spent = inputs.filter((outpoint) => this.#coins.has(outpoint) || this.#payments.isSpent(outpoint))
    if (spent.length === 0 && !outputs.some(({ script }) => this.#keys.owns(script))) return
    const txid = txidOf(transaction)
    const height = this.#height
    for (const outpoint of spent) {
      this.#coins.spend(outpoint, height)
      for (const entry of this.#payments.spendersOf(outpoint)) this.#settle(entry, txid)
    }
    const isOurs = this.#payments.ofTransaction(txid) !== undefined
    outputs.forEach(({ sats, script }, index) => {
      if (!this.#keys.owns(script)) return
      const coin: MinedCoin = {
        outpoint: `${txid}:${index}`,
        sats,
        script: new Uint8Array(script),
        height,
        isReward,
        spentAt: undefined,
      }
      this.#coins.add(coin)
      if (!isOurs) this.#events.push({ kind: 'received', coin, height })
    })
  }

  /** A transaction in the newest block spends a coin of the payment: it is the payment, or another one. */
  #settle(entry: Entry, txid: string): void {
    if (!isWaiting(entry)) return
    if (entry.versions.some((version) => version.txid === txid)) {
      entry.mined = { height: this.#height, txid }
      entry.conflictAt = undefined
      entry.objection = undefined
      this.#tell(entry)
    } else entry.conflictAt ??= this.#height
    this.#payments.touch(entry)
  }

  #age(entry: Entry): void {
    const { mined, conflictAt } = entry
    if (mined !== undefined && mined.height <= this.#height - HEADERS_MAX && newest(entry).raw.length > 0)
      this.#payments.bury(entry, mined.txid)
    if (!isWaiting(entry) || conflictAt === undefined || conflictAt > this.#height - VOID_DEPTH) return
    this.#void(entry)
  }

  /** Takes along what spends its change. */
  #void(entry: Entry): void {
    entry.isVoid = true
    this.#payments.touch(entry)
    this.#tell(entry)
    for (const { change } of entry.versions) {
      if (change === undefined) continue
      for (const child of this.#payments.spendersOf(change.outpoint)) if (isWaiting(child)) this.#void(child)
    }
  }

  #disconnect(): void {
    const height = this.#height
    for (const coin of this.#coins.disconnect(height)) {
      const isOurs = this.#payments.ofTransaction(outpointParts(coin.outpoint).txid) !== undefined
      if (!isOurs) this.#events.push({ kind: 'lost', coin, height })
    }
    for (const entry of this.#payments.all()) {
      if (entry.conflictAt === height) {
        entry.conflictAt = undefined
        this.#payments.touch(entry)
      }
      if (entry.mined?.height === height) this.#unmine(entry)
    }
    this.#headers.push(headerRecord(height, undefined))
    this.#setHeight(height - 1)
  }

  #reset(header: Header): void {
    for (let known = this.#oldest; known <= this.#height; known++)
      this.#headers.push(headerRecord(known, undefined))
    this.#coins.clear()
    for (const entry of this.#payments.all()) {
      entry.conflictAt = undefined
      if (entry.mined !== undefined && newest(entry).raw.length > 0) this.#unmine(entry)
    }
    this.#headers.push(headerRecord(header.height, header))
    this.#oldest = header.height
    this.#setHeight(header.height)
  }

  #unmine(entry: Entry): void {
    entry.mined = undefined
    entry.offeredAt = this.#height
    this.#payments.touch(entry)
    this.#tell(entry)
  }

  /** Raises what waits too long, and sends all that waits: a node may have forgotten it. */
  #offerAgain(): void {
    for (const entry of this.#payments.all()) {
      if (!isWaiting(entry) || entry.isKept) continue
      if (this.#isTooLow(entry)) this.#planner.raise(entry, undefined)
      this.#broadcast(entry)
    }
  }

  /** Where a node has another objection than the fee, more of it would not help. */
  #isTooLow({ isUnderpriced, objection, offeredAt }: Entry): boolean {
    return isUnderpriced || (objection === undefined && this.#height - offeredAt >= this.#bumpAfterBlocks)
  }

  #pay(input: Extract<WalletInput, { kind: 'pay' }>): void {
    const planned = this.#planner.plan(input)
    if ('refusal' in planned) return this.#refuse(input.id, planned)
    this.#accept(input.id, planned.entry)
    if (planned.isNew && !planned.entry.isKept) this.#broadcast(planned.entry)
  }

  #change(input: Extract<WalletInput, { kind: 'send' | 'release' | 'bump' }>): void {
    const { id, reference } = input
    const entry = this.#payments.get(reference)
    if (entry === undefined)
      return this.#refuse(id, { refusal: 'no-payment', message: `no payment ${reference}` })
    const refused = this.#changed(entry, input)
    if (refused !== undefined) return this.#refuse(id, refused)
    this.#accept(id, entry)
    if (input.kind !== 'release') this.#broadcast(entry)
  }

  #changed(
    entry: Entry,
    input: Extract<WalletInput, { kind: 'send' | 'release' | 'bump' }>,
  ): Refused | undefined {
    if (input.kind === 'bump') return this.#planner.raise(entry, input.satsPerVbyte)
    if (!entry.isKept || !isWaiting(entry)) {
      return { refusal: 'not-possible', message: `payment ${entry.reference} is not kept back` }
    }
    if (input.kind === 'release') this.#payments.remove(entry)
    else {
      entry.isKept = false
      entry.offeredAt = this.#height
      this.#payments.touch(entry)
    }
    return undefined
  }

  #handleAnswer({ txid, objection, isUnderpriced }: Extract<WalletInput, { kind: 'answered' }>): void {
    const entry = this.#payments.ofTransaction(txid)
    if (entry === undefined || newest(entry).txid !== txid || !isWaiting(entry)) return
    const isNews = entry.objection !== objection
    entry.objection = objection
    entry.isUnderpriced = isUnderpriced
    if (isNews) this.#tell(entry)
  }

  #setHeight(height: number): void {
    this.#height = height
    this.#planner.height = height
  }

  #broadcast(entry: Entry): void {
    const { txid, raw } = newest(entry)
    this.#events.push({ kind: 'broadcast', txid, raw })
  }

  #tell(entry: Entry): void {
    this.#events.push({ kind: 'payment', payment: viewOf(entry) })
  }

  #accept(id: number, entry: Entry): void {
    this.#events.push({ kind: 'accepted', id, payment: viewOf(entry) })
  }

  #refuse(id: number, refused: Refused): void {
    this.#events.push({ kind: 'refused', id, ...refused })
  }

  /** Writes down what the input changed; what it brings about is known afterwards. */
  #reveal(): void {
    const records = [
      ...this.#headers,
      ...Array.from(this.#coins.takeTouched(), (outpoint) => coinRecord(outpoint, this.#coins.get(outpoint))),
      ...Array.from(this.#payments.takeTouched(), ([sequence, entry]) => paymentRecord(sequence, entry)),
    ]
    const events = this.#events
    this.#headers = []
    this.#events = []
    if (records.length > 0) {
      const id = ++this.#commits
      this.#withheld.set(id, events)
      this.#outputs.push({ kind: 'commit', id, records })
      return
    }
    // What is not durable yet may be part of it: commits end in their order.
    const last = this.#withheld.get(this.#commits)
    if (last === undefined) for (const event of events) this.#outputs.push(event)
    else last.push(...events)
  }
}

/** As many blocks as a reward waits for: what they hold is not taken back. */
const VOID_DEPTH = 100
