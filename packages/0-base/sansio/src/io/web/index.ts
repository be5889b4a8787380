export { now } from '../clock.ts'
export { type Driver, drive } from '../driver.ts'
export { webRng } from './rng.ts'
