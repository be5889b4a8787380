/**
 * The books of one node: double entry, two phases. Layer 3, books.
 * Spec: IL-RFC 32. A packet is held on two accounts, then posted to both or voided; a settlement is posted at once.
 * Whatever changes is in `takeRecords`, and nothing of it may be shown before those are durable.
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader } from '@hourglass/oer'
import { BusyMap, type Crypto, type Instant, UsageError, assert, equalBytes } from '@hourglass/sansio'
import { type AccountBook, accountOfKey, readAsset } from './account-book.ts'
import { ASSET_KEY_PREFIX, AssetBook } from './asset-book.ts'
import { type AssetView, type Gains, viewAsset } from './asset-view.ts'
import { type Asset, assetName } from './asset.ts'
import type { ChunkEntry, OpenedEntry, PostedEntry } from './chunk.ts'
import { HOLD_KEY_PREFIX, HoldLog, type Needs, OUTCOME_KEPT_MS } from './hold-log.ts'
import { type Hold, type HoldTerms, type PacketName, outgoingName, packetKey } from './hold.ts'
import { type Answer, type Question, UNCOUNTED } from './reconcile-protocol.ts'
import {
  SETTLEMENT_KEY_PREFIX,
  type SettlementEntry,
  SettlementLog,
  accountOfSettlement,
} from './settlement-log.ts'
import { type Standing, countFulfilled, findPosted } from './twins.ts'

/** After so long, what became of its packets is not kept for a peer that is away. */
export const OUTCOME_KEPT_MS_MAX: number = 7 * 86_400_000

export interface BooksOptions<Account extends AccountBook> {
  readonly crypto: Pick<Crypto, 'sha256'>
  readonly accounts: Iterable<Account>
  /** Makes an account that only the journal knows: its peer is gone, its money is not. */
  readonly makeRetired: (id: string, asset: Asset) => Account
}

const NOTHING = new Uint8Array(0)
const NOT_POSTED: Standing = { posted: 0, 'written-off': 0, fulfillment: NOTHING }

interface Recorded {
  toRecord(): JournalRecord
}

export class Books<Account extends AccountBook> {
  readonly #options: BooksOptions<Account>
  readonly #accounts = new Map<string, Account>()
  readonly #assets = new Map<string, AssetBook>()
  /** The same by the accounts' own assets: a name is made for each packet otherwise. */
  readonly #assetsFound = new WeakMap<Asset, AssetBook>()
  /** In the order of their ids: the first is the oldest. */
  readonly #holds = new BusyMap<number, Hold<Account>>()
  readonly #settlements = new Map<string, SettlementLog>()
  readonly #log = new HoldLog()
  readonly #needs: Needs
  /** Highest id of a hold, ever. */
  #lastId = 0
  #now: Instant = 0

  readonly #changed = new Set<Recorded>()
  #records: JournalRecord[] = []

  /** @throws UsageError where two accounts have one name */
  constructor(options: BooksOptions<Account>) {
    this.#options = options
    for (const account of options.accounts) this.add(account)
    this.#needs = {
      oldestHold: () => this.#oldestHold(),
      chunk: (lastId, sources) => this.#oldestHold() <= lastId || this.#isAnyAway(sources),
      entry: (entry) => this.#needed(entry),
      forget: (source, until) => this.#forget(source, until),
    }
  }

  /** Opens another account, and returns it. Throws UsageError where there is one of that name. */
  add(account: Account): Account {
    if (this.#accounts.has(account.id)) throw new UsageError(`two accounts are named ${account.id}`)
    this.#accounts.set(account.id, account)
    return account
  }

  get accounts(): ReadonlyMap<string, Account> {
    return this.#accounts
  }

  /** Holds without an outcome, by their ids. */
  get holds(): Pick<ReadonlyMap<number, Hold<Account>>, 'get' | 'has' | 'keys' | 'size' | 'values'> {
    return this.#holds
  }

  /** Settlements of an account, oldest first. */
  settlements(account: string): readonly SettlementEntry[] {
    return this.#settlements.get(account)?.entries ?? []
  }

  /** Highest id that a hold ever had. */
  get lastId(): number {
    return this.#lastId
  }

  /**
   * Takes what the journal holds, before anything else. Holds come back as `unknown`.
   * @throws DecodeError | UsageError
   */
  restore(records: Iterable<StoredRecord>): void {
    for (const record of records) {
      const { key, value } = record
      const id = accountOfKey(key)
      if (id !== undefined) this.#restoreAccount(id, value)
      else if (key.startsWith(ASSET_KEY_PREFIX)) this.#restoreAsset(value)
      else if (key.startsWith(HOLD_KEY_PREFIX)) this.#log.restore(record)
      else if (key.startsWith(SETTLEMENT_KEY_PREFIX)) {
        this.#settlementLog(accountOfSettlement(key)).restore(record)
      }
    }
    this.#lastId = this.#log.lastId
    for (const entry of this.#log.undecided()) this.#reopen(entry)
  }

  /** Holds a packet's money on both accounts. */
  open(terms: HoldTerms<Account>): Hold<Account> {
    assert(terms.id > this.#lastId, 'ids of holds rise')
    this.#lastId = terms.id
    const hold: Hold<Account> = { ...terms, state: 'sent' }
    this.#holds.set(hold.id, hold)
    hold.source.heldIncoming += hold.incomingAmount
    hold.destination.heldOutgoing += hold.outgoingAmount
    if (!hold.source.isRecorded) this.#changed.add(hold.source)
    if (!hold.destination.isRecorded) this.#changed.add(hold.destination)
    this.#log.write(openedEntry(hold))
    return hold
  }

  /** The packet was fulfilled: both sides, or the next peer's alone where it was given up. */
  post(hold: Hold<Account>, fulfillment: Uint8Array, gains: Gains): void {
    this.#close(hold)
    const { id, source, destination, incomingAmount, outgoingAmount } = hold
    if (hold.state !== 'given-up') {
      source.incoming += incomingAmount
      const taken = this.#asset(source.asset)
      taken.exchangeIn += incomingAmount - gains.spread - gains.rounding
      taken.spread += gains.spread
      taken.rounding += gains.rounding
      this.#changed.add(source).add(taken)
    }
    destination.outgoing += outgoingAmount
    const delivered = this.#asset(destination.asset)
    delivered.exchangeOut += outgoingAmount
    this.#changed.add(destination).add(delivered)
    this.#log.write({
      kind: 'posted',
      id,
      source: source.id,
      amount: incomingAmount,
      expiresAt: hold.incomingExpiresAt,
      // A payer that was told that nothing was paid is never told otherwise.
      fulfillment: hold.state === 'given-up' ? NOTHING : fulfillment,
    })
  }

  /** Nothing was paid: both sides. */
  void(hold: Hold<Account>): void {
    this.#close(hold)
    this.#log.write({ kind: 'voided', id: hold.id })
  }

  /** The payer was told that nothing was paid, and the next peer may see it otherwise: it has to hear of it. */
  giveUp(hold: Hold<Account>): void {
    this.#release(hold)
    hold.state = 'given-up'
    this.#log.write({ kind: 'given-up', id: hold.id })
  }

  /** Orders a settlement of `amount` more. Returns what is ordered in all. */
  settle(account: Account, amount: bigint): bigint {
    account.settled += amount
    const asset = this.#asset(account.asset)
    asset.settled += amount
    this.#changed.add(account).add(asset)
    return account.settled
  }

  /** The peer has had `total` in all. Returns what was not known. */
  sent(account: Account, total: bigint, reference: string, now: Instant): bigint {
    const amount = total - account.sent
    if (amount <= 0n) return 0n
    account.sent = total
    this.#changed.add(account)
    this.#note(account, { direction: 'out', amount, total, reference, at: now })
    return amount
  }

  /** We have had `total` in all from the peer. Returns what was not known. */
  received(account: Account, total: bigint, reference: string, now: Instant): bigint {
    const amount = total - account.received
    if (amount <= 0n) return 0n
    account.received = total
    const asset = this.#asset(account.asset)
    asset.received += amount
    this.#changed.add(account).add(asset)
    this.#note(account, { direction: 'in', amount, total, reference, at: now })
    return amount
  }

  /** Takes the loss of a packet that we posted and whose payer had given it up. Once a packet. */
  writeOff(source: Account, packet: PacketName, fulfillment: Uint8Array): void {
    source.writtenOff += packet.amount
    const asset = this.#asset(source.asset)
    asset.writtenOff += packet.amount
    this.#changed.add(source).add(asset)
    const { amount, expiresAt } = packet
    this.#log.write({ kind: 'written-off', id: 0, source: source.id, amount, expiresAt, fulfillment })
  }

  /** How to ask `destination` what became of packets that it was sent. */
  questions(destination: Account, holds: readonly Hold<Account>[]): Question[] {
    if (holds.length === 0) return []
    const expiries = new Set(holds.map(({ outgoingExpiresAt }) => outgoingExpiresAt))
    const counts = countFulfilled(this.#log, destination.id, expiries)
    for (const hold of this.#holds.values()) {
      if (hold.state !== 'sent' || hold.destination !== destination) continue
      // The peer may have fulfilled this one, and its Fulfill be on the way.
      if (expiries.has(hold.outgoingExpiresAt)) counts.set(packetKey(outgoingName(hold)), UNCOUNTED)
    }
    return holds.map((hold) => {
      const name = outgoingName(hold)
      const fulfilledTwins = Math.min(counts.get(packetKey(name)) ?? 0, UNCOUNTED)
      return { ...name, isGivenUp: hold.state === 'given-up', fulfilledTwins }
    })
  }

  /** What became of packets that `source` sent: one outcome each, in their order. */
  outcomes(source: Account, questions: readonly Question[], now: Instant): Answer[] {
    const expiries = new Set(questions.map(({ expiresAt }) => expiresAt))
    const found = findPosted(this.#log, source.id, expiries, this.#options.crypto)
    return questions.map((question) => {
      const { posted, 'written-off': writtenOff, fulfillment } = found.get(packetKey(question)) ?? NOT_POSTED
      if (posted - writtenOff > question.fulfilledTwins) return { kind: 'fulfilled', fulfillment }
      // One that may still come is not void: it could be taken after it was called so. Nor is one that was posted,
      // and is forgotten: of such the peers' operators have to speak.
      const mayCome = question.expiresAt > now
      const mayBeForgotten = question.expiresAt <= source.forgottenUntil && writtenOff === 0
      const isOpen = mayCome || mayBeForgotten || this.#holdOf(source, question) !== undefined
      return { kind: isOpen ? 'pending' : 'void' }
    })
  }

  /** How each asset stands; `sum` is 0 in books that are right. */
  assets(): AssetView[] {
    return Array.from(this.#assets.values(), (book) => viewAsset(book, this.#accounts.values()))
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0 || this.#records.length > 0 || this.#log.hasChanges
  }

  /** The records of all that has changed since the last call: one commit. */
  takeRecords(now: Instant): JournalRecord[] {
    this.#now = now
    const chunks = this.#log.take(now, this.#needs)
    const records = this.#records
    this.#records = []
    for (const subject of this.#changed) records.push(subject.toRecord())
    this.#changed.clear()
    for (const chunk of chunks) records.push(chunk)
    return records
  }

  #note(account: Account, entry: SettlementEntry): void {
    this.#records.push(...this.#settlementLog(account.id).add(entry))
  }

  #settlementLog(account: string): SettlementLog {
    let log = this.#settlements.get(account)
    if (log === undefined) this.#settlements.set(account, (log = new SettlementLog(account)))
    return log
  }

  #asset(asset: Asset): AssetBook {
    let book = this.#assetsFound.get(asset)
    if (book !== undefined) return book
    const name = assetName(asset)
    book = this.#assets.get(name) ?? new AssetBook(asset)
    this.#assets.set(name, book)
    this.#assetsFound.set(asset, book)
    return book
  }

  #close(hold: Hold<Account>): void {
    assert(this.#holds.delete(hold.id), 'a hold ends once')
    if (hold.state !== 'given-up') this.#release(hold)
  }

  #release({ source, destination, incomingAmount, outgoingAmount }: Hold<Account>): void {
    source.heldIncoming -= incomingAmount
    destination.heldOutgoing -= outgoingAmount
  }

  #restoreAccount(id: string, value: Uint8Array): void {
    let account = this.#accounts.get(id)
    if (account === undefined) {
      account = this.#options.makeRetired(id, readAsset(new Reader(value)))
      this.#accounts.set(id, account)
    }
    account.restore(value)
  }

  #restoreAsset(value: Uint8Array): void {
    const book = AssetBook.fromRecord(value)
    this.#assets.set(assetName(book.asset), book)
  }

  #reopen(entry: OpenedEntry): void {
    const [source, destination] = [entry.source, entry.destination].map((id) => this.#accounts.get(id))
    assert(source !== undefined && destination !== undefined, 'the accounts of a hold have records')
    const state = entry.state === 'given-up' ? 'given-up' : 'unknown'
    this.#holds.set(entry.id, { ...entry, source, destination, state })
    if (state === 'given-up') return
    source.heldIncoming += entry.incomingAmount
    destination.heldOutgoing += entry.outgoingAmount
  }

  #holdOf(source: Account, { amount, executionCondition, expiresAt }: PacketName): Hold<Account> | undefined {
    for (const hold of this.#holds.values()) {
      if (hold.source !== source || hold.state === 'given-up') continue
      if (hold.incomingAmount !== amount || hold.incomingExpiresAt !== expiresAt) continue
      if (equalBytes(hold.executionCondition, executionCondition)) return hold
    }
    return undefined
  }

  #oldestHold(): number {
    for (const id of this.#holds.keys()) return id
    return Infinity
  }

  #isAnyAway(sources: ReadonlyMap<string, Instant>): boolean {
    for (const source of sources.keys()) if (this.#isAway(source)) return true
    return false
  }

  /** Whether a peer may not have asked yet what became of its packets. */
  #isAway(source: string): boolean {
    const upSince = this.#accounts.get(source)?.upSince
    return upSince === undefined || this.#now < upSince + OUTCOME_KEPT_MS
  }

  #forget(source: string, until: Instant): void {
    const account = this.#accounts.get(source)
    if (account === undefined || until <= account.forgottenUntil) return
    account.forgottenUntil = until
    this.#changed.add(account)
  }

  #needed(entry: ChunkEntry): ChunkEntry | undefined {
    switch (entry.kind) {
      case 'opened': {
        const hold = this.#holds.get(entry.id)
        return hold === undefined ? undefined : openedEntry(hold)
      }
      case 'posted':
      case 'written-off':
        return this.#isOutcomeNeeded(entry) ? entry : undefined
      case 'voided':
      case 'given-up':
        return undefined
    }
  }

  #isOutcomeNeeded({ source, expiresAt }: PostedEntry): boolean {
    return this.#now < expiresAt + OUTCOME_KEPT_MS_MAX && this.#isAway(source)
  }
}

function openedEntry(hold: Hold): ChunkEntry {
  return {
    kind: 'opened',
    id: hold.id,
    source: hold.source.id,
    destination: hold.destination.id,
    incomingAmount: hold.incomingAmount,
    outgoingAmount: hold.outgoingAmount,
    executionCondition: hold.executionCondition,
    incomingExpiresAt: hold.incomingExpiresAt,
    outgoingExpiresAt: hold.outgoingExpiresAt,
    state: hold.state,
  }
}
