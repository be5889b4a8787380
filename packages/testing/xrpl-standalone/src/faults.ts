/**
 * What goes wrong on purpose; a real server has no such switches. Testing.
 */
import { canonicalOrder } from './ledger/canonical-order.ts'
import type { Transaction } from './engine/transaction.ts'

/** What becomes of a submitted transaction. `unanswered`: it is applied, but the answer is lost. */
export type Fate =
  | { readonly kind: 'applied' }
  | { readonly kind: 'discarded' }
  | { readonly kind: 'unanswered'; readonly cutsLine: boolean }
  | { readonly kind: 'late'; readonly ledgers: number }

export class Faults {
  /** New connections are closed at once. */
  refuseConnections = false
  /** Every answer comes so much later. */
  answerDelayMs = 0
  /** Each stream message comes twice. */
  duplicateStreams = false
  /** Multiplies the least fee of an open ledger; what is already in it stays. */
  loadFactor = 1
  /** What pays the ordinary fee but not the multiplied one waits (`terQUEUED`) instead of being refused. */
  queueUnderLoad = false
  /** Readers are told that an older ledger is the newest: so many ledgers behind. */
  ledgersBehind = 0
  /** A lie: what is only in the open ledger is called validated, in all answers. */
  openAsValidated = false
  /** A lie of your own: replaces the result of a command before it is sent. */
  tamper:
    | ((command: string, result: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>)
    | undefined
  #fates: Fate[] = []
  #silentLedgers = 0
  #arrange: (transactions: readonly Transaction[]) => Transaction[] = canonicalOrder
  #answerFate: 'sent' | 'lost' | 'cut' = 'sent'

  /** The next `count` submits are answered as usual, but the transactions are thrown away. */
  discardSubmits(count: number): void {
    this.#push(count, { kind: 'discarded' })
  }

  /** The next `count` submits take effect, but their answers never come; with `cutsLine` the line breaks too. */
  loseAnswers(count: number, cutsLine = false): void {
    this.#push(count, { kind: 'unanswered', cutsLine })
  }

  /** The next `count` submits are answered as usual, but reach the open ledger so many ledgers later. */
  holdBack(ledgers: number, count = 1): void {
    this.#push(count, { kind: 'late', ledgers })
  }

  /** The next `ledgers` ledgers close without a word to subscribers. */
  skipStreams(ledgers: number): void {
    this.#silentLedgers += ledgers
  }

  /** The next ledger applies its transactions from the last to the first. */
  reverseNextLedger(): void {
    this.#arrange = (transactions) => canonicalOrder(transactions).reverse()
  }

  /** The next ledger closes without what the open one held: provisional results that never come true. */
  emptyNextLedger(): void {
    this.#arrange = () => []
  }

  /** For the server: what becomes of this submit. */
  takeFate(): Fate {
    const fate = this.#fates.shift() ?? { kind: 'applied' }
    if (fate.kind === 'unanswered') this.#answerFate = fate.cutsLine ? 'cut' : 'lost'
    else this.#answerFate = 'sent'
    return fate
  }

  /** For the server: what becomes of the answer to the newest submit. */
  takeAnswerFate(): 'sent' | 'lost' | 'cut' {
    const fate = this.#answerFate
    this.#answerFate = 'sent'
    return fate
  }

  /** For the server: how the next ledger orders its transactions. */
  takeArrangement(): (transactions: readonly Transaction[]) => Transaction[] {
    const arrange = this.#arrange
    this.#arrange = canonicalOrder
    return arrange
  }

  /** For the server: how often the messages of this ledger are sent. */
  takeStreamTimes(): number {
    if (this.#silentLedgers === 0) return this.duplicateStreams ? 2 : 1
    this.#silentLedgers -= 1
    return 0
  }

  #push(count: number, fate: Fate): void {
    for (let index = 0; index < count; index += 1) this.#fates.push(fate)
  }
}
