export { linkSuite } from './link-suite.ts'
export { settlementSuite, type SettlementFixture, type SettlementLife } from './settlement-suite.ts'
export { type LinkPair, type Side, PairDriver } from './pair-driver.ts'
export { seededRng } from './seeded-rng.ts'
