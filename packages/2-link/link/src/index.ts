export { LINK_BODY_BYTES_MAX, type Link, type LinkFailure, type LinkInput, type LinkOutput } from './link.ts'
export type { Settlement, SettlementInput, SettlementOutput } from './settlement.ts'
