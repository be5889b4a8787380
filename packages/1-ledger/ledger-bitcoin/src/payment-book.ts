/** All our payments, and which coins they spend. Layer 1. */
import type { Outpoint } from './block.ts'
import { type Coin, outpointParts } from './coin.ts'
import type { SignedTransaction } from './draft.ts'
import { type Entry, isWaiting, newest } from './payment.ts'

export class PaymentBook {
  readonly #entries = new Map<string, Entry>()
  /** By the id of each version. */
  readonly #byTransaction = new Map<string, Entry>()
  readonly #bySpent = new Map<Outpoint, Set<Entry>>()
  #nextSequence = 1
  /** Changed since the records were written: by sequence, with what became of it. */
  #touched = new Map<number, Entry | undefined>()

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) {
      this.#entries.set(entry.reference, entry)
      for (const version of entry.versions) this.#index(entry, version)
      this.#nextSequence = Math.max(this.#nextSequence, entry.sequence + 1)
    }
  }

  get(reference: string): Entry | undefined {
    return this.#entries.get(reference)
  }

  /** In the order in which they were made. */
  all(): Iterable<Entry> {
    return this.#entries.values()
  }

  nextSequence(): number {
    return this.#nextSequence++
  }

  add(entry: Entry): void {
    const previous = this.#entries.get(entry.reference)
    if (previous !== undefined) this.remove(previous)
    this.#entries.set(entry.reference, entry)
    for (const version of entry.versions) this.#index(entry, version)
    this.touch(entry)
  }

  addVersion(entry: Entry, version: SignedTransaction): void {
    entry.versions.push(version)
    this.#index(entry, version)
    this.touch(entry)
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry.reference)
    for (const version of entry.versions) this.#unindex(entry, version)
    this.#touched.set(entry.sequence, undefined)
  }

  touch(entry: Entry): void {
    this.#touched.set(entry.sequence, entry)
  }

  takeTouched(): ReadonlyMap<number, Entry | undefined> {
    const touched = this.#touched
    this.#touched = new Map()
    return touched
  }

  /** Payments with a version that spends the coin. */
  spendersOf(outpoint: Outpoint): Iterable<Entry> {
    return this.#bySpent.get(outpoint) ?? []
  }

  isSpent(outpoint: Outpoint): boolean {
    return this.#bySpent.has(outpoint)
  }

  ofTransaction(txid: string): Entry | undefined {
    return this.#byTransaction.get(txid)
  }

  /** Whether a payment that may still happen spends the coin. */
  isReserved(outpoint: Outpoint): boolean {
    for (const entry of this.spendersOf(outpoint)) if (isWaiting(entry)) return true
    return false
  }

  /** Whether another payment spends the change of this one, which therefore has to stay as it is. */
  hasDependents(entry: Entry): boolean {
    return entry.versions.some(({ change }) => change !== undefined && this.isReserved(change.outpoint))
  }

  /** Change that waits for a block with its payment. */
  *waitingChange(): Generator<{ readonly coin: Coin; readonly entry: Entry }> {
    for (const entry of this.#entries.values()) {
      const { change } = newest(entry)
      if (!isWaiting(entry) || change === undefined || this.isReserved(change.outpoint)) continue
      yield { coin: change, entry }
    }
  }

  /** The payments that have to be in a block before this one can: those whose change it spends, and theirs. */
  ancestorsOf(inputs: readonly Coin[]): Iterable<Entry> {
    const found = new Set<Entry>()
    this.#findAncestors(inputs, found)
    return found
  }

  #findAncestors(inputs: readonly Coin[], found: Set<Entry>): void {
    for (const { outpoint } of inputs) {
      const parent = this.#byTransaction.get(outpointParts(outpoint).txid)
      if (parent === undefined || !isWaiting(parent) || found.has(parent)) continue
      found.add(parent)
      this.#findAncestors(newest(parent).inputs, found)
    }
  }

  /** The transaction is buried: nothing can replace it, and only its name is kept. */
  bury(entry: Entry, txid: string): void {
    for (const version of entry.versions) this.#unindex(entry, version)
    const mined = entry.versions.find((version) => version.txid === txid)!
    entry.versions = [{ ...mined, raw: new Uint8Array(0), inputs: [], change: undefined }]
    this.touch(entry)
  }

  #index(entry: Entry, { txid, inputs }: SignedTransaction): void {
    this.#byTransaction.set(txid, entry)
    for (const { outpoint } of inputs) {
      const spenders = this.#bySpent.get(outpoint) ?? new Set()
      this.#bySpent.set(outpoint, spenders.add(entry))
    }
  }

  #unindex(entry: Entry, { txid, inputs }: SignedTransaction): void {
    this.#byTransaction.delete(txid)
    for (const { outpoint } of inputs) {
      const spenders = this.#bySpent.get(outpoint)
      spenders?.delete(entry)
      if (spenders?.size === 0) this.#bySpent.delete(outpoint)
    }
  }
}
