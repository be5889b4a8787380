export { freshMs } from './cache-control.ts'
export {
  SPSP_ACCEPT,
  SPSP_MEDIA_TYPE,
  type SpspAnswer,
  type SpspAsker,
  type SpspReceiver,
  type SpspRequest,
  acceptsSpsp,
  answerSpsp,
} from './endpoint.ts'
export {
  POINTER_FAULTS,
  POINTER_LENGTH_MAX,
  type PaymentPointer,
  type PointerErrorCode,
  WELL_KNOWN_PATH,
  decodePointer,
  encodePointer,
  pointerOf,
  pointerUrl,
  samePointer,
} from './pointer.ts'
export { RATE_LIMIT, RATE_LIMIT_KEYS_MAX, RateLimit, type RateLimitOptions } from './rate-limit.ts'
export {
  SHARED_SECRET_BYTES,
  SPSP_BODY_BYTES_MAX,
  type SpspDetails,
  type SpspDetailsErrorCode,
  decodeSpspDetails,
  encodeSpspDetails,
} from './response.ts'
