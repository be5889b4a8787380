/** Incoming payments, from a position on. Layer 1, io. */
import type { IncomingTransfer, TransferWatch } from '@hourglass/ledger'
import type { Scales } from '../assets.ts'
import { decodeIncoming } from '../payment.ts'
import { type ValidatedTransaction, ledgerOfOrder, orderOf, orderOfLedger } from '../transaction.ts'
import type { Account } from './account.ts'
import { ServerError, XrplError } from './errors.ts'
import { readHistory } from './history.ts'

export interface WatchOptions {
  readonly account: Account
  readonly scales: Scales
  /** Order of what was told before. */
  readonly since: number
  readonly listener: (transfer: IncomingTransfer) => void
  readonly left: () => void
}

export class Watch implements TransferWatch {
  readonly #options: WatchOptions
  /** Order of what was told. */
  #told: number
  #reading = false
  #closed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#told = options.since
  }

  get position(): string {
    return String(this.#told)
  }

  close(): void {
    this.#closed = true
    this.#options.left()
  }

  /** Reads on to the newest ledger, unless it is at it. */
  advance(): void {
    if (this.#reading || this.#closed) return
    this.#reading = true
    void this.#read().finally(() => {
      this.#reading = false
    })
  }

  async #read(): Promise<void> {
    const { account } = this.#options
    try {
      while (this.#isBehind()) {
        const ledger = account.feed.current
        const from = ledgerOfOrder(this.#told + 1)
        const read = await readHistory(account.connection, account.address, {
          from,
          upTo(last) {
            if (last >= ledger.index) return ledger
            throw new ServerError('behind', `the server has read up to ledger ${last} only`)
          },
          see: (transaction) => this.#see(transaction),
        })
        if (read === undefined) throw new ServerError('no-history', `no server remembers ledger ${from}`)
        this.#told = orderOfLedger(ledger.index)
      }
    } catch (error) {
      if (error instanceof ServerError) account.trace(`incoming payments: ${error.message}`)
      else if (!(error instanceof XrplError && error.code === 'closed')) throw error
    }
  }

  #isBehind(): boolean {
    return !this.#closed && this.#told < orderOfLedger(this.#options.account.feed.current.index)
  }

  #see(transaction: ValidatedTransaction): void {
    const order = orderOf(transaction)
    if (order <= this.#told || this.#closed) return
    this.#told = order
    const { account, scales, listener } = this.#options
    const incoming = decodeIncoming(transaction, account.address, scales)
    if (incoming !== undefined) listener({ ...incoming, position: this.position })
  }
}
