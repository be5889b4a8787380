export type {
  CommitOutput,
  CommittedInput,
  Durability,
  Journal,
  JournalHealth,
  JournalRecord,
  Records,
  StoredRecord,
} from './journal.ts'
export { MemoryJournal } from './memory-journal.ts'
