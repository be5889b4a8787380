export { now } from './clock.ts'
export { nodeCrypto, nodeRng } from './crypto.ts'
export { type Driver, drive } from './driver.ts'
export { atTurnEnd } from './turn.ts'
