export type { CommitOutput, CommittedInput, Durability, Journal, JournalRecord } from './journal.ts'
