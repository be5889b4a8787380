export type {
  CommitOutput,
  CommittedInput,
  Durability,
  Journal,
  JournalHealth,
  JournalRecord,
  StoredRecord,
} from './journal.ts'
export { MemoryJournal } from './memory-journal.ts'
