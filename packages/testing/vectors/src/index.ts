export { loadVectors } from './load-vectors.ts'
