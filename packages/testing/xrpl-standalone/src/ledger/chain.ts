/**
 * The chain: closed ledgers, the state after the newest, and the open ledger over it. Testing.
 *
 *   submit -> open ledger (provisional result) -> close: canonical order, applied anew, metadata -> validated
 */
import { applyTransaction, type Outcome } from '../engine/engine.ts'
import { isRetriable, type Result } from '../engine/results.ts'
import { BASE_FEE_DROPS, type Rules } from '../engine/rules.ts'
import type { Transaction } from '../engine/transaction.ts'
import type { LedgerContext } from '../engine/transaction-type.ts'
import type { Entry } from '../state/entries.ts'
import { affectedNodes } from '../state/metadata.ts'
import { type ReadView, readAccount, View } from '../state/view.ts'
import { canonicalOrder } from './canonical-order.ts'
import { type Clock, roundCloseTime } from './clock.ts'
import {
  type AppliedTransaction,
  type ClosedLedger,
  firstHeader,
  type LedgerHeader,
  sealHeader,
} from './closed-ledger.ts'
import { genesisState, GENESIS_DROPS } from './genesis.ts'
import { History } from './history.ts'

/** The first ledger there is, as on a real stand-alone server. */
const FIRST_LEDGER_INDEX = 2

/** Ledgers for which a transaction that came too early is kept. */
const HOLD_LEDGERS = 5

export interface Submission {
  readonly result: Result
  readonly applied: boolean
  readonly queued: boolean
  /** The sequence number that the account would use next, 0 where there is no account. */
  readonly sequenceNext: number
}

export interface Load {
  /** Multiplies the least fee of the open ledger. */
  readonly loadFactor: number
  /** What pays the ordinary fee but not the multiplied one waits (`terQUEUED`) instead of being refused. */
  readonly queueUnderLoad: boolean
}

interface Held {
  readonly transaction: Transaction
  readonly sinceLedger: number
}

export class Chain {
  readonly rules: Rules
  readonly history: History
  readonly #clock: Clock
  readonly #state: Map<string, Entry>
  #open: View
  #queue: Transaction[] = []
  #held: Held[] = []
  readonly #load: Load

  constructor(rules: Rules, clock: Clock, load: Load) {
    this.rules = rules
    this.#load = load
    this.#clock = clock
    this.#state = genesisState()
    this.#open = new View(this.#state)
    const header = firstHeader(FIRST_LEDGER_INDEX, roundCloseTime(clock.nowS()), GENESIS_DROPS)
    this.history = new History({ ...header, transactions: [], replaced: new Map() })
  }

  get validated(): ClosedLedger {
    return this.history.newest
  }

  /** The state after the newest closed ledger. */
  get state(): ReadView {
    return this.#state
  }

  /** The state with the open ledger's transactions. */
  get openState(): ReadView {
    return this.#open
  }

  get openIndex(): number {
    return this.validated.index + 1
  }

  get loadFactor(): number {
    return this.#load.loadFactor
  }

  get openTransactions(): readonly Transaction[] {
    return this.#queue
  }

  /** The state after a closed ledger that is still known. */
  stateAt(index: number): ReadView {
    const later = this.history.after(index)
    return {
      get: (entryIndex) => {
        const replacing = later.find((ledger) => ledger.replaced.has(entryIndex))
        return replacing === undefined ? this.#state.get(entryIndex) : replacing.replaced.get(entryIndex)
      },
    }
  }

  /** Tries a transaction on the open ledger without leaving a trace. */
  attempt(transaction: Transaction): Submission {
    return this.#describe(transaction, applyTransaction(this.#open, transaction, this.#openContext()))
  }

  /** Applies a transaction to the open ledger; one that came too early, or pays too little now, is kept. */
  submit(transaction: Transaction): Submission {
    const outcome = this.#applyToOpen(transaction)
    const submission = this.#describe(transaction, outcome)
    if (isRetriable(submission.result)) this.#held.push({ transaction, sinceLedger: this.openIndex })
    return submission
  }

  /** The open ledger as it would close now; nothing closes. */
  preview(): ClosedLedger {
    const closing = new View(this.#state)
    const { applied } = this.#applyAll(closing, canonicalOrder(this.#queue))
    return { ...this.#seal(applied), transactions: applied, replaced: new Map() }
  }

  /** @param arrange the order of application; default: the canonical one */
  close(arrange: (transactions: readonly Transaction[]) => Transaction[] = canonicalOrder): ClosedLedger {
    const closing = new View(this.#state)
    const { applied, left } = this.#applyAll(closing, arrange(this.#queue))
    const ledger = { ...this.#seal(applied), transactions: applied, replaced: this.#commit(closing) }
    this.history.append(ledger)
    this.#open = new View(this.#state)
    this.#queue = []
    for (const transaction of left) this.submit(transaction)
    this.#retryHeld()
    return ledger
  }

  #seal(applied: readonly AppliedTransaction[]): LedgerHeader {
    const previous = this.validated
    const fees = applied.reduce((sum, { feePaid }) => sum + feePaid, 0n)
    const closeTime = this.#clock.nextCloseTime(previous.closeTime)
    const hashes = applied.map(({ transaction }) => transaction.hash)
    return sealHeader(previous, { closeTime, totalCoins: previous.totalCoins - fees }, hashes)
  }

  /** In passes, as an earlier transaction of one account may need a later one of another. */
  #applyAll(closing: View, ordered: Transaction[]): { applied: AppliedTransaction[]; left: Transaction[] } {
    const context = { ...this.#openContext(), isOpen: false }
    const applied: AppliedTransaction[] = []
    let left = ordered
    let final = false
    for (;;) {
      const waiting: Transaction[] = []
      for (const transaction of left) {
        const outcome = applyTransaction(closing, transaction, context, final)
        if (outcome.changes !== undefined) {
          applied.push(this.#record(closing, transaction, outcome, applied.length))
        } else if (isRetriable(outcome.result) || outcome.result.startsWith('tec')) {
          waiting.push(transaction)
        }
      }
      if (waiting.length === 0 || (final && waiting.length === left.length)) return { applied, left: waiting }
      // A `tec` is tried again as long as others get through, then takes its fee.
      final = waiting.length === left.length
      left = waiting
    }
  }

  #record(closing: View, transaction: Transaction, outcome: Outcome, position: number): AppliedTransaction {
    const changes = outcome.changes!
    const thread = { hash: transaction.hash, ledgerIndex: this.openIndex }
    const metadata = {
      AffectedNodes: affectedNodes(changes, thread),
      TransactionIndex: position,
      TransactionResult: outcome.result,
      ...(outcome.delivered === undefined ? {} : { delivered_amount: outcome.delivered }),
    }
    changes.mergeInto(closing)
    return { transaction, result: outcome.result, feePaid: outcome.feePaid, metadata }
  }

  #commit(closing: View): Map<string, Entry | undefined> {
    const replaced = new Map<string, Entry | undefined>()
    for (const [index, change] of closing.changes) {
      replaced.set(index, change.before)
      if (change.kind === 'deleted') this.#state.delete(index)
      else this.#state.set(index, change.after)
    }
    return replaced
  }

  #openContext(): LedgerContext {
    return {
      rules: this.rules,
      ledgerIndex: this.openIndex,
      parentCloseTime: this.validated.closeTime,
      isOpen: true,
      loadFactor: this.loadFactor,
    }
  }

  #describe(transaction: Transaction, { result, changes }: Outcome): Submission {
    const account = readAccount(changes ?? this.#open, transaction.fields.Account)
    const queued =
      result === 'telINSUF_FEE_P' && this.#load.queueUnderLoad && transaction.fee >= BASE_FEE_DROPS
    return {
      result: queued ? 'terQUEUED' : result,
      applied: changes !== undefined,
      queued,
      sequenceNext: account?.Sequence ?? 0,
    }
  }

  #applyToOpen(transaction: Transaction): Outcome {
    const outcome = applyTransaction(this.#open, transaction, this.#openContext())
    if (outcome.changes !== undefined) {
      outcome.changes.mergeInto(this.#open)
      this.#queue.push(transaction)
      this.#retryHeld(transaction.fields.Account)
    }
    return outcome
  }

  /** @param account only this one's; default: everybody's, and those that waited too long are given up */
  #retryHeld(account?: string): void {
    const tried = this.#held
    this.#held = []
    for (const held of tried) {
      if (account !== undefined && held.transaction.fields.Account !== account) this.#held.push(held)
      else this.#retry(held)
    }
  }

  #retry(held: Held): void {
    const outcome = this.#applyToOpen(held.transaction)
    const { result } = this.#describe(held.transaction, outcome)
    if (isRetriable(result) && this.openIndex - held.sinceLedger < HOLD_LEDGERS) this.#held.push(held)
  }
}
