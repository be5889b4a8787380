/**
 * Between the base units of the account and those of its ledger. Layer 2.
 * Only running totals are converted, always down: what is left over stays in the total and counts next time.
 */
export class Scales {
  readonly #up: bigint
  readonly #down: bigint

  constructor(accountScale: number, ledgerScale: number) {
    this.#up = 10n ** BigInt(Math.max(ledgerScale - accountScale, 0))
    this.#down = 10n ** BigInt(Math.max(accountScale - ledgerScale, 0))
  }

  toLedger(accountTotal: bigint): bigint {
    return (accountTotal * this.#up) / this.#down
  }

  toAccount(ledgerTotal: bigint): bigint {
    return (ledgerTotal * this.#down) / this.#up
  }
}
