export { DEV_ACCOUNTS, type DevAccount } from './accounts.ts'
export { type DevChain, type DevChainOptions, startDevChain } from './dev-chain.ts'
