export type { ChannelState, ChannelTerms, ClaimScheme } from './channel.ts'
export type { Ledger, LedgerAction, LedgerEvent, LedgerRefusal, LedgerSession } from './ledger.ts'
export { MemoryLedger } from './memory-ledger.ts'
