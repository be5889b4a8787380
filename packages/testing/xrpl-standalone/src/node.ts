/**
 * The server without its sockets: a chain, who listens, and what goes wrong on purpose. Testing.
 */
import type { Transaction } from './engine/transaction.ts'
import { Faults } from './faults.ts'
import { Chain, type Submission } from './ledger/chain.ts'
import type { Clock } from './ledger/clock.ts'
import type { ClosedLedger } from './ledger/closed-ledger.ts'
import type { Placed } from './ledger/history.ts'
import type { Rules } from './engine/rules.ts'
import type { ReadView } from './state/view.ts'
import { publishLedger, publishProposed, publishStatus } from './streams/publish.ts'
import { Subscriptions } from './streams/subscriptions.ts'

/** Transactions whose answers are remembered though no ledger holds them. */
const SUBMITTED_MAX = 100_000

export class Node {
  readonly chain: Chain
  readonly clock: Clock
  readonly faults: Faults
  readonly subscriptions: Subscriptions = new Subscriptions()
  readonly #submitted = new Map<string, Transaction>()
  readonly #late: { transaction: Transaction; atLedger: number }[] = []
  #statusLoad: number | undefined

  constructor(rules: Rules, clock: Clock) {
    this.clock = clock
    this.faults = new Faults()
    this.chain = new Chain(rules, clock, this.faults)
  }

  /** What readers are told is the newest validated ledger. */
  seenLedger(): ClosedLedger {
    const { history, validated } = this.chain
    const { openAsValidated, ledgersBehind } = this.faults
    if (openAsValidated) return this.chain.preview()
    return ledgersBehind === 0
      ? validated
      : (history.byIndex(validated.index - ledgersBehind) ?? history.oldest)
  }

  /** A ledger that readers may know of. */
  ledgerAt(index: number): ClosedLedger | undefined {
    const seen = this.seenLedger()
    if (index === seen.index) return seen
    return index < seen.index ? this.chain.history.byIndex(index) : undefined
  }

  ledgerOf(hash: string): ClosedLedger | undefined {
    const seen = this.seenLedger()
    return hash === seen.hash ? seen : this.ledgerAt(this.chain.history.byHash(hash)?.index ?? -1)
  }

  /** The state after a ledger that readers may know of. */
  stateOf(ledger: ClosedLedger): ReadView {
    const { chain } = this
    if (ledger.index > chain.validated.index) return chain.openState
    return ledger === chain.validated ? chain.state : chain.stateAt(ledger.index)
  }

  /** A transaction in a ledger that readers may know of. */
  placed(hash: string): Placed | undefined {
    const placed = this.chain.history.transaction(hash)
    const seen = this.seenLedger()
    if (placed !== undefined) return placed.ledger.index <= seen.index ? placed : undefined
    const applied = seen.transactions.find(({ transaction }) => transaction.hash === hash)
    return applied === undefined ? undefined : { ...applied, ledger: seen }
  }

  /** `2-68` */
  ledgerRange(newest: ClosedLedger): string {
    const first = this.chain.history.oldest.index
    return first === newest.index ? String(first) : `${String(first)}-${String(newest.index)}`
  }

  submitted(hash: string): Transaction | undefined {
    return this.#submitted.get(hash)
  }

  submit(transaction: Transaction): Submission {
    if (this.#submitted.size >= SUBMITTED_MAX) this.#submitted.clear()
    const fate = this.faults.takeFate()
    if (fate.kind === 'discarded' || fate.kind === 'late') {
      const submission = this.chain.attempt(transaction)
      if (fate.kind === 'late')
        this.#late.push({ transaction, atLedger: this.chain.openIndex + fate.ledgers })
      return submission
    }
    return this.submitSafely(transaction)
  }

  /** Like submit, but no fault touches it. */
  submitSafely(transaction: Transaction): Submission {
    this.#submitted.set(transaction.hash, transaction)
    const submission = this.chain.submit(transaction)
    if (submission.applied) publishProposed(this, transaction, submission)
    return submission
  }

  /** The next ledger closes so many seconds after the last one. */
  advanceTime(seconds: number): void {
    this.clock.advance(seconds, this.chain.validated.closeTime)
  }

  close(): ClosedLedger {
    const ledger = this.chain.close(this.faults.takeArrangement())
    this.#submitLate()
    for (let time = this.faults.takeStreamTimes(); time > 0; time -= 1) publishLedger(this, ledger)
    if (this.#statusLoad !== this.chain.loadFactor) {
      this.#statusLoad = this.chain.loadFactor
      publishStatus(this)
    }
    return ledger
  }

  #submitLate(): void {
    for (const late of this.#late.splice(0)) {
      if (late.atLedger > this.chain.openIndex) this.#late.push(late)
      else this.chain.submit(late.transaction)
    }
  }
}
