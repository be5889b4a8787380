/**
 * What goes wrong on purpose; a real server has no such switches. Testing.
 */

/** What becomes of a submitted transaction. `unanswered`: it is applied, but the answer is lost. */
export type Fate =
  | { readonly kind: 'applied' }
  | { readonly kind: 'discarded' }
  | { readonly kind: 'unanswered' }
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
  /** Readers are told that an older ledger is the newest: so many ledgers behind. */
  ledgersBehind = 0
  /** A lie: the open ledger's transactions and state are called validated. */
  openAsValidated = false
  /** A lie of your own: replaces the result of a command before it is sent. */
  tamper:
    | ((command: string, result: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>)
    | undefined
  #fates: Fate[] = []
  #silentLedgers = 0
  #reversedLedgers = 0
  #lostAnswer = false

  /** The next `count` submits are answered as usual, but the transactions are thrown away. */
  discardSubmits(count: number): void {
    this.#push(count, { kind: 'discarded' })
  }

  /** The next `count` submits take effect, but their answers never come. */
  loseAnswers(count: number): void {
    this.#push(count, { kind: 'unanswered' })
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
    this.#reversedLedgers += 1
  }

  /** For the server: what becomes of this submit. */
  takeFate(): Fate {
    const fate = this.#fates.shift() ?? { kind: 'applied' }
    this.#lostAnswer = fate.kind === 'unanswered'
    return fate
  }

  /** For the server: whether the answer to the newest submit gets lost. */
  takeLostAnswer(): boolean {
    const lost = this.#lostAnswer
    this.#lostAnswer = false
    return lost
  }

  /** For the server. */
  takeReversed(): boolean {
    if (this.#reversedLedgers === 0) return false
    this.#reversedLedgers -= 1
    return true
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
