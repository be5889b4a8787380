export { LINK_BODY_BYTES_MAX, type Link, type LinkFailure, type LinkInput, type LinkOutput } from './link.ts'
export { MemoryLink, type MemoryWire } from './memory-link.ts'
export { type OpenRequest, RequestTable } from './request-table.ts'
export type { Settlement, SettlementInput, SettlementOutput } from './settlement.ts'
