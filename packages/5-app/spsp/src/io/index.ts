export {
  REDIRECTS_MAX,
  RETRY_DELAYS_MS,
  type SpspQueryOptions,
  type SpspQueryResult,
  TRY_TIMEOUT_MS,
  querySpsp,
  targetUrl,
} from './client.ts'
export { isPublicAddress } from './public-address.ts'
export { SpspError, type SpspErrorCode } from './spsp-error.ts'
