/** The adapter on a ledger with either set of channel rules: the suite of the face. */
import { type LedgerFixture, ledgerSuite } from '@hourglass/ledger/testing'
import { Rig } from './rig.ts'

const HOUR_MS = 3_600_000

for (const fixCleanup3_2_0 of [false, true]) {
  const rules = fixCleanup3_2_0 ? 'with fixCleanup3_2_0' : 'without fixCleanup3_2_0'
  ledgerSuite(`XrplLedger ${rules}`, async (): Promise<LedgerFixture> => {
    const rig = await Rig.start({ fixCleanup3_2_0 })
    const [alice, bob] = await Promise.all([rig.connect('alice'), rig.connect('bob')])
    return {
      alice: alice.ledger,
      bob: bob.ledger,
      unit: 1_000_000n,
      settleDelayMs: HOUR_MS,
      settle: () => rig.settle(),
      async passTime(ms) {
        rig.server.advanceTime(ms / 1000 + 1)
        await rig.settle()
      },
      dispose: () => rig.stop(),
    }
  })
}
