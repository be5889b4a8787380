export { commitWithoutEnd, expectBeginning } from './endless.ts'
export { type FailingFixture, journalFailureSuite } from './failure-suite.ts'
export type { JournalFixture } from './fixture.ts'
export { journalSuite } from './journal-suite.ts'
