/**
 * An SPSP endpoint: what it answers to a request. Layer 5.
 * Spec: IL-RFC 9 "Query"; IL-RFC 28 for the preflight and `Web-Monetization-Id`; IL-RFC 39 for receipt headers.
 *
 *   OPTIONS ────────────────────────────→ 204, opens nothing
 *   GET → rate limit → Accept → receipt headers → receiver → 200 spsp4+json
 *           429         406          400            404
 *   else ───────────────────────────────→ 405
 */
import { decodeBase64, encodeUtf8 } from '@hourglass/oer'
import { type SpspDetails, encodeSpspDetails } from './response.ts'

export const SPSP_MEDIA_TYPE = 'application/spsp4+json'

/** What clients send (SPSP-01, X-SPSP2). */
export const SPSP_ACCEPT = 'application/spsp4+json, application/spsp+json'

export interface SpspRequest {
  /** Upper case. */
  readonly method: string
  /** Names in lower case; of a repeated header the joined value. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface SpspAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What the request tells the receiver. */
export interface SpspAsker {
  /** IL-RFC 39: the receiver signs with `secret`, 32 bytes, what it received under `nonce`, 16 bytes. */
  readonly receipt?: { readonly nonce: Uint8Array; readonly secret: Uint8Array }
  /** A UUID, lower case. */
  readonly webMonetizationId?: string
}

export interface SpspReceiver {
  /** Whether this client may ask now; undefined: always (SPSP-30). */
  readonly mayAsk?: () => boolean
  /** A fresh address and secret (SPSP-08), or undefined where nobody is paid here. */
  readonly open: (asker: SpspAsker) => SpspDetails | undefined
}

/** Answers one request; any request gets an answer. */
export function answerSpsp(request: SpspRequest, receiver: SpspReceiver): SpspAnswer {
  if (request.method === 'OPTIONS') return { status: 204, headers: PREFLIGHT_HEADERS, body: EMPTY }
  if (request.method !== 'GET') {
    return refuse(405, 'MethodNotAllowed', 'ask with GET', { allow: 'GET, OPTIONS' }) // SPSP-32
  }
  if (receiver.mayAsk?.() === false) {
    return refuse(429, 'TooManyRequests', 'ask again later', { 'retry-after': '1' })
  }
  if (!acceptsSpsp(request.headers['accept'])) {
    return refuse(406, 'NotAcceptable', `the answer would be ${SPSP_MEDIA_TYPE}`)
  }
  const asker = decodeAsker(request.headers)
  if (asker === undefined) {
    return refuse(
      400,
      'InvalidReceiptHeaders',
      'Receipt-Nonce (16 bytes) and Receipt-Secret (32 bytes) come together',
    )
  }
  const details = receiver.open(asker)
  // SPSP-14, SPSP-29: the same words for everybody who is not there.
  if (details === undefined) return refuse(404, 'InvalidReceiverError', 'nobody is paid at this address')
  return { status: 200, headers: HEADERS, body: encodeSpspDetails(details) }
}

/** Whether an `Accept` header allows an SPSP answer (SPSP-03); an absent one allows everything. */
export function acceptsSpsp(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((text) => text.trim().toLowerCase())
    return ACCEPTED.has(type) && !parameters.some((parameter) => REFUSED.test(parameter))
  })
}

/** Undefined: the receipt headers contradict RFC 39 (SPSP-21). */
function decodeAsker(headers: SpspRequest['headers']): SpspAsker | undefined {
  const id = headers['web-monetization-id']?.toLowerCase()
  const known = id !== undefined && UUID_V4.test(id) ? { webMonetizationId: id } : {} // SPSP-25
  const [nonceText, secretText] = [headers['receipt-nonce'], headers['receipt-secret']]
  if (nonceText === undefined && secretText === undefined) return known
  const nonce = decodeBase64(nonceText ?? '')
  const secret = decodeBase64(secretText ?? '')
  if (nonce?.length !== RECEIPT_NONCE_BYTES || secret?.length !== RECEIPT_SECRET_BYTES) return undefined
  return { ...known, receipt: { nonce, secret } }
}

function refuse(status: number, id: string, message: string, more: SpspAnswer['headers'] = {}): SpspAnswer {
  return { status, headers: { ...HEADERS, ...more }, body: encodeUtf8(JSON.stringify({ id, message })) }
}

const EMPTY = new Uint8Array(0)
const RECEIPT_NONCE_BYTES = 16
const RECEIPT_SECRET_BYTES = 32
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const ACCEPTED: ReadonlySet<string> = new Set([
  SPSP_MEDIA_TYPE,
  'application/spsp+json',
  'application/*',
  '*/*',
])
const REFUSED = /^q=0(?:\.0*)?$/

/** SPSP-16: pages of any origin may ask. */
const CORS_HEADERS = { 'access-control-allow-origin': '*' }

/** SPSP-11, SPSP-13: a secret is for one client and one use. */
const HEADERS = {
  ...CORS_HEADERS,
  'content-type': SPSP_MEDIA_TYPE,
  'cache-control': 'no-cache, private',
  vary: 'accept',
}

const PREFLIGHT_HEADERS = {
  ...CORS_HEADERS,
  'access-control-allow-methods': 'GET, OPTIONS',
  'access-control-allow-headers': 'web-monetization-id',
  'cache-control': 'no-cache',
}
