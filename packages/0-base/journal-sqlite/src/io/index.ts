export {
  JournalError,
  type JournalErrorCode,
  type SqliteJournalOptions,
  openSqliteJournal,
} from './sqlite-journal.ts'
