export { type Asset, AmountError, type Decimal, decodeDecimal, formatMoney, toBaseUnits } from './amount.ts'
export { ConfigError, type WalletConfig, loadConfig } from './config.ts'
export { WalletError, type WalletErrorCode } from './failure.ts'
export {
  type OpenPayment,
  type QuoteOptions,
  type QuotedPayment,
  type Wish,
  quotePayment,
  resumePayment,
} from './pay.ts'
export type { Balance, Identity } from './peer-questions.ts'
export { type ReceiveOptions, type RunningReceiver, receivePayments } from './receive.ts'
export type { IncomingEvent, Receiver } from './receiver.ts'
export { Wallet, openWallet } from './wallet.ts'
