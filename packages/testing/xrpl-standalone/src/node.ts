/**
 * The server without its sockets: a chain, who listens, and what goes wrong on purpose. Testing.
 */
import type { Transaction } from './engine/transaction.ts'
import { Faults } from './faults.ts'
import { Chain, type Submission } from './ledger/chain.ts'
import { canonicalOrder } from './ledger/canonical-order.ts'
import type { Clock } from './ledger/clock.ts'
import type { ClosedLedger } from './ledger/closed-ledger.ts'
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
    const behind = this.faults.ledgersBehind
    return behind === 0 ? validated : (history.byIndex(validated.index - behind) ?? history.oldest)
  }

  /** What readers are told is the state after that ledger. */
  stateOf(ledger: ClosedLedger): ReadView {
    const { chain, faults } = this
    if (ledger !== chain.validated) return chain.stateAt(ledger.index)
    return faults.openAsValidated ? chain.openState : chain.state
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
    return this.fund(transaction)
  }

  /** Like submit, but no fault touches it. */
  fund(transaction: Transaction): Submission {
    this.#submitted.set(transaction.hash, transaction)
    const submission = this.chain.submit(transaction)
    if (submission.applied) publishProposed(this, transaction, submission)
    return submission
  }

  close(): ClosedLedger {
    const reversed = this.faults.takeReversed()
    const ledger = this.chain.close(reversed ? (all) => canonicalOrder(all).reverse() : canonicalOrder)
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
