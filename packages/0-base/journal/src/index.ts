export type {
  CommitOutput,
  CommittedInput,
  Durability,
  Journal,
  JournalRecord,
  StoredRecord,
} from './journal.ts'
export { MemoryJournal } from './memory-journal.ts'
