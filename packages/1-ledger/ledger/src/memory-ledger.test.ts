import type { Ledger } from './ledger.ts'
import { MemoryLedger } from './memory-ledger.ts'
import { ledgerSuite } from './testing/ledger-suite.ts'

ledgerSuite('MemoryLedger', async () => {
  const ledger = new MemoryLedger()
  ledger.mint('alice', 1_000_000n)
  ledger.mint('bob', 1_000_000n)
  const open = (account: string): Ledger => ({
    ...ledger.open(account),
    balance: async () => Promise.resolve(ledger.balanceOf(account)),
    close: async () => Promise.resolve(),
  })
  return Promise.resolve({
    alice: open('alice'),
    bob: open('bob'),
    unit: 1000n,
    settleDelayMs: 1000,
    settle: async () => {
      ledger.run()
      await Promise.resolve()
    },
    passTime: async (ms) => {
      ledger.now += ms
      await Promise.resolve()
    },
    dispose: async () => Promise.resolve(),
  })
})
