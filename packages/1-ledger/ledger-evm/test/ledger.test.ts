/** The adapter, on a real chain: the suite of the face. */
import { setTimeout as wait } from 'node:timers/promises'
import { DEV_ACCOUNTS, startDevChain } from '@hourglass/evm-devchain'
import { connectEvm, deployPayChan } from '@hourglass/ledger-evm/io'
import { CountingLedger, type LedgerFixture, ledgerSuite } from '@hourglass/ledger/testing'

const POLL_MS = 10
const HOUR_MS = 3_600_000

ledgerSuite('EvmLedger', async (): Promise<LedgerFixture> => {
  const chain = await startDevChain()
  const [aliceAccount, bobAccount, deployer] = DEV_ACCOUNTS
  const contract = await deployPayChan({ rpcUrl: chain.url, privateKey: deployer.privateKey })
  const connect = async ({ privateKey }: { privateKey: string }): Promise<CountingLedger> =>
    new CountingLedger(
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
