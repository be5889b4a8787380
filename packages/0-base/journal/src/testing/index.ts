export { type JournalFixture, journalSuite } from './journal-suite.ts'
