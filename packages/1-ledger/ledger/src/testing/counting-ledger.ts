/** Tells when a ledger is at rest. Layer 1, testing. */
import type { Ledger, LedgerSession } from '../ledger.ts'

/** A ledger that knows how many actions have not ended. */
export class CountingLedger implements Ledger {
  underWay = 0
  readonly name: string
  readonly account: string
  readonly scheme: Ledger['scheme']
  readonly #ledger: Ledger

  constructor(ledger: Ledger) {
    this.#ledger = ledger
    this.name = ledger.name
    this.account = ledger.account
    this.scheme = ledger.scheme
  }

  assetScale(asset: string): number {
    return this.#ledger.assetScale(asset)
  }

  balance(asset: string): Promise<bigint> {
    return this.#ledger.balance(asset)
  }

  connect(listener: Parameters<Ledger['connect']>[0]): LedgerSession {
    const session = this.#ledger.connect((event) => {
      if (event.kind !== 'channel') this.underWay--
      listener(event)
    })
    return {
      perform: (action) => {
        this.underWay++
        session.perform(action)
      },
      close: () => session.close(),
    }
  }

  close(): Promise<void> {
    this.underWay = 0
    return this.#ledger.close()
  }
}
