export { nobleCrypto } from './crypto.ts'
