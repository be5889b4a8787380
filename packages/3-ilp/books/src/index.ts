export { AccountBook, type AccountView } from './account-book.ts'
export { type Asset, assetName } from './asset.ts'
export type { AssetView, Gains } from './asset-view.ts'
export { Books, type BooksOptions, OUTCOME_KEPT_MS_MAX } from './books.ts'
export { Fulfillments } from './fulfillments.ts'
export { OUTCOME_KEPT_MS } from './hold-log.ts'
export type { Hold, HoldState, HoldTerms, PacketName } from './hold.ts'
export {
  type Answer,
  QUESTIONS_MAX,
  type Question,
  RECONCILE_PROTOCOL,
  UNCOUNTED,
  type Verdict,
  answerEach,
  decodeAnswers,
  decodeQuestions,
  encodeAnswers,
  encodeQuestions,
} from './reconcile-protocol.ts'
export { SETTLEMENTS_KEPT, type SettlementEntry } from './settlement-log.ts'
