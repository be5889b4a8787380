export type { AuthClaim } from './auth-frame.ts'
export { Backoff } from './backoff.ts'
export {
  type BtpCloseReason,
  BtpLink,
  type BtpLinkOptions,
  type BtpWireIn,
  type BtpWireOut,
} from './btp-link.ts'
export { type Credential, Credentials } from './credentials.ts'
export { FRAME_BYTES_MAX } from './limits.ts'
export {
  type HandshakeInput,
  type HandshakeOutput,
  type HandshakeRefusal,
  ServerHandshake,
} from './server-handshake.ts'
export { ERROR_NAMES, type ErrorCode, type ErrorContents } from './wire/error-contents.ts'
export { type Frame, FrameType, decodeFrame, encodeFrame } from './wire/frame.ts'
export { ContentType, type ProtocolData } from './wire/protocol-data.ts'
