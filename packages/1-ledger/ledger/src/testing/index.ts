export { Client, type Done, type End, type Wanted, termsBetween } from './client.ts'
export { CountingLedger } from './counting-ledger.ts'
export { type LedgerFixture, ledgerSuite } from './ledger-suite.ts'
