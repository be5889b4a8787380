export { addressOf, dustLimit, scriptOf } from './address.ts'
export {
  type Block,
  type Outpoint,
  type Transaction,
  type TransactionOutput,
  decodeBlock,
  decodeTransaction,
  txidOf,
} from './block.ts'
export type { Coin } from './coin.ts'
export type { Market } from './fees.ts'
export type { Header } from './header-chain.ts'
export { type Key, Keys } from './keys.ts'
export type { Network } from './network.ts'
export type { Sighting } from './output-watch.ts'
export type { Payment } from './payment.ts'
export type { Refusal } from './planner.ts'
export { Wallet, type WalletOptions } from './wallet.ts'
export type { Balance, WalletEvent, WalletInput, WalletOutput } from './wallet-io.ts'
