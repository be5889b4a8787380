export { nobleCurve } from './noble-curve.ts'
