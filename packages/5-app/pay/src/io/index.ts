export type { LinkAnswer, PacketLink } from './packet-link.ts'
export {
  type PointerPayment,
  type PointerPaymentOptions,
  askAsset,
  openPointerPayment,
} from './pay-pointer.ts'
export { type PaymentListener, RunningPayment, type RunningPaymentOptions } from './running-payment.ts'
