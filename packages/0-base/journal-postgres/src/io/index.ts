export { type PostgresJournalOptions, openPostgresJournal } from './postgres-journal.ts'
