export {
  BitcoinWallet,
  type Destination,
  type Listener,
  type PayOptions,
  type PayResult,
} from './bitcoin-wallet.ts'
export { BitcoinError, type BitcoinErrorCode, NodeError } from './errors.ts'
export { ChainFollower, type FollowerOptions, type Onlooker } from './follower.ts'
export { BitcoinNode, type BroadcastAnswer } from './node.ts'
export { type BitcoinOptions, openBitcoinWallet } from './open.ts'
export type { RpcOptions } from './rpc.ts'
