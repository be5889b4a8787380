export { type SqliteJournalOptions, openSqliteJournal } from './sqlite-journal.ts'
