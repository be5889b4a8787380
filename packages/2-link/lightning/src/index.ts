export {
  type BitcoinNetwork,
  type ChannelInfo,
  type CustomRecord,
  type HeldPayment,
  type InvoiceOptions,
  type Keysend,
  type LightningNode,
  MSAT_SCALE,
  type NodeAddress,
  type NodeEvent,
  type NodeInfo,
  type OpenChannel,
  type OwnWalletNode,
  type PaymentEnd,
  type Receipt,
  type Withdrawal,
} from './node.ts'
export { LIGHTNING_PROTOCOL, LightningSettlement } from './lightning-settlement.ts'
export type { LightningOptions } from './options.ts'
export type { LightningAction, LightningEvent, Liquidity } from './session.ts'
