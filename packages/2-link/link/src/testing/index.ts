export { linkSuite } from './link-suite.ts'
export type { LinkPair } from './pair-driver.ts'
