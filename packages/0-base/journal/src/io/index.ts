export { DurableJournal, type DurableJournalOptions, type Store } from './durable-journal.ts'
export { JournalError, type JournalErrorCode } from './journal-error.ts'
