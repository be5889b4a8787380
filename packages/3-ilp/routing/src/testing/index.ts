export { anyControl, anyUpdate } from './arbitraries.ts'
