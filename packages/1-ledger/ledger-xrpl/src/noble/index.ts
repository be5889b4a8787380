export { nobleCurves } from './noble-curves.ts'
