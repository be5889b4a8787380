export type { PaymentEnd, Refusal } from './end.ts'
export type {
  NewPayment,
  PaymentInput,
  PaymentOptions,
  PaymentOutput,
  PaymentProgress,
  PaymentResult,
  ResumedPayment,
} from './face.ts'
export { Payment } from './payment.ts'
export { decodePaymentState, encodePaymentState } from './state-text.ts'
export type { ConnectionState, PaymentState } from './state.ts'
