export { linkSuite } from './link-suite.ts'
export { settlementSuite, type SettlementFixture, type SettlementLife } from './settlement-suite.ts'
export type { LinkPair } from './pair-driver.ts'
