export {
  type MessageFault,
  beginMessage,
  endMessage,
  messageType,
  openMessage,
  readText,
} from './envelope.ts'
export { Greeting, type GreetingParts } from './greeting.ts'
export {
  type CaptureEntry,
  type Difference,
  RecordingLink,
  decodeEntry,
  encodeEntry,
  replay,
} from './capture.ts'
export { FaultyLink, type FaultyLinkOptions } from './faulty-link.ts'
export { LINK_BODY_BYTES_MAX, type Link, type LinkFailure, type LinkInput, type LinkOutput } from './link.ts'
export { MemoryLink, type MemoryWire } from './memory-link.ts'
export { Pause, earliest } from './pause.ts'
export { type OpenRequest, RequestTable } from './request-table.ts'
export { SettlementEffects } from './settlement-effects.ts'
export type { Settlement, SettlementInput, SettlementOutput, SettlementReport } from './settlement.ts'
export { digestToken, equalDigests } from './token-digest.ts'
export { type Arrival, type WayFaults, drawArrivals, flipBit } from './way-faults.ts'
