export { type LedgerFixture, ledgerSuite } from './ledger-suite.ts'
