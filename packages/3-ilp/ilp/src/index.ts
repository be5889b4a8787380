export {
  ADDRESS_LENGTH_MAX,
  type Address,
  appendSegments,
  isAddress,
  readAddress,
  toAddress,
} from './address.ts'
export { type AmountTooLarge, decodeAmountTooLarge, encodeAmountTooLarge } from './amount-too-large.ts'
export { DATA_BYTES_MAX } from './data.ts'
export { PacketType, canonicalPacket } from './envelope.ts'
export { ErrorCode, type ErrorClass, errorClass } from './error-code.ts'
export type { IlpFault } from './fault.ts'
export { FULFILLMENT_BYTES, type Fulfill, decodeFulfill, encodeFulfill } from './fulfill.ts'
export {
  ILDCP_CONDITION,
  ILDCP_DESTINATION,
  ILDCP_FULFILLMENT,
  type IldcpResponse,
  decodeIldcpResponse,
  encodeIldcpRequest,
  encodeIldcpResponse,
} from './ildcp.ts'
export { type Packet, type Reply, decodePacket, decodeReply, encodePacket, encodeReply } from './packet.ts'
export {
  AMOUNT_MAX,
  CONDITION_BYTES,
  type Prepare,
  canonicalPrepare,
  decodePrepare,
  encodePrepare,
  rewritePrepare,
} from './prepare.ts'
export { MESSAGE_BYTES_MAX, type Reject, decodeReject, encodeReject } from './reject.ts'
