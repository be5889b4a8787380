/** The adapter, on a real chain: the suite of the face. */
import { setTimeout as wait } from 'node:timers/promises'
import { DEV_ACCOUNTS, startDevChain } from '@hourglass/evm-devchain'
import type { Ledger, LedgerSession } from '@hourglass/ledger'
import { connectEvm, deployPayChan } from '@hourglass/ledger-evm/io'
import { type LedgerFixture, ledgerSuite } from '@hourglass/ledger/testing'

const POLL_MS = 10
const HOUR_MS = 3_600_000

ledgerSuite('EvmLedger', async (): Promise<LedgerFixture> => {
  const chain = await startDevChain()
  const [aliceAccount, bobAccount, deployer] = DEV_ACCOUNTS
  const contract = await deployPayChan({ rpcUrl: chain.url, privateKey: deployer.privateKey })
  const connect = async ({ privateKey }: { privateKey: string }): Promise<Counting> =>
    new Counting(
      await connectEvm({ rpcUrl: chain.url, privateKey, contract, confirmations: 1, pollMs: POLL_MS }),
    )
  const [alice, bob] = await Promise.all([connect(aliceAccount), connect(bobAccount)])
  return {
    alice,
    bob,
    unit: 10n ** 15n,
    settleDelayMs: HOUR_MS,
    async settle() {
      while (alice.underWay + bob.underWay > 0) await wait(POLL_MS)
      // The other side sees a change when it looks again.
      await wait(10 * POLL_MS)
    },
    passTime: (ms) => chain.advanceTime(ms / 1000),
    async dispose() {
      await Promise.all([alice.close(), bob.close()])
      await chain.stop()
    },
  }
})

/** A ledger that knows how many actions have not ended. */
class Counting implements Ledger {
  underWay = 0
  readonly #ledger: Ledger

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  get name(): string {
    return this.#ledger.name
  }

  get account(): string {
    return this.#ledger.account
  }

  get scheme(): Ledger['scheme'] {
    return this.#ledger.scheme
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
    return this.#ledger.close()
  }
}
