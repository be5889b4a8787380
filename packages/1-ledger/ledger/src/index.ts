export type { ChannelState, ChannelTerms, ClaimScheme } from './channel.ts'
export type { Ledger, LedgerAction, LedgerEvent, LedgerRefusal, LedgerSession } from './ledger.ts'
export { MemoryLedger } from './memory-ledger.ts'
export type {
  IncomingTransfer,
  Transfer,
  TransferEnd,
  TransferLedger,
  TransferWatch,
  Transfers,
} from './transfers.ts'
