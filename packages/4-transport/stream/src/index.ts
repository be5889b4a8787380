export { PACKETS_IN_FLIGHT_MAX, PACKETS_IN_FLIGHT_START } from './congestion/pacing.ts'
export { StreamConnection } from './connection/connection.ts'
export type {
  ConnectionCommand,
  ConnectionEvent,
  ConnectionInput,
  ConnectionOptions,
  ConnectionOutput,
  MoneyOffer,
  ReceiptDetails,
  Verdict,
} from './connection/face.ts'
export { WRITTEN_BYTES_MAX } from './connection/outgoing-data.ts'
export { DATA_WINDOW_BYTES } from './connection/shared.ts'
export { STREAMS_MAX } from './connection/streams.ts'
export type { AssetDetails, Credentials } from './credentials.ts'
export { StreamErrorCode } from './error-code.ts'
export { ConnectionKeys, SHARED_SECRET_BYTES } from './keys.ts'
export type { PaymentOutcome } from './outcome.ts'
export type {
  PaymentReport,
  Quote,
  StreamSenderInput,
  StreamSenderOptions,
  StreamSenderOutput,
} from './payment.ts'
export type { PaymentAmount } from './plan.ts'
export { type Ratio, divCeil, mulCeil, mulFloor } from './ratio.ts'
export { PACKET_LIFETIME_MS } from './defaults.ts'
export { Inquiry, type InquiryOptions } from './inquiry.ts'
export type { ReceiverWord } from './receiver-word.ts'
export { StreamSender } from './sender.ts'
export { NO_PROGRESS_MS, type Shortfall } from './spending.ts'
export {
  CONNECTIONS_MAX,
  CONNECTION_IDLE_MS,
  type OfConnection,
  StreamServer,
  type StreamServerInput,
  type StreamServerOptions,
  type StreamServerOutput,
} from './server.ts'
export { CONNECTION_TAG_BYTES_MAX, type TokenContents } from './token.ts'
export type { ConnectionFrame } from './wire/connection-frames.ts'
export { type Frame, type StreamPacket, decodeStreamPacket, encodeStreamPacket } from './wire/packet.ts'
export type { StreamFrame } from './wire/stream-frames.ts'
export {
  RECEIPT_BYTES,
  RECEIPT_NONCE_BYTES,
  RECEIPT_SECRET_BYTES,
  type Receipt,
  decodeReceipt,
  encodeReceipt,
  isReceiptSigned,
} from './wire/receipt.ts'
