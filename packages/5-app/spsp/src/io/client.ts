/**
 * Asks SPSP endpoints: pointer or URL in, address and secret out. Layer 5, io.
 * Spec: IL-RFC 9 "Request"; IL-RFC 26 "Endpoint Resolution", "Security Considerations".
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeBase64 } from '@hourglass/oer'
import { DecodeError, type Instant } from '@hourglass/sansio'
import { now } from '@hourglass/sansio/io'
import { freshMs } from '../cache-control.ts'
import { SPSP_ACCEPT, type SpspAsker } from '../endpoint.ts'
import { POINTER_FAULTS, type PointerErrorCode, decodePointer, pointerUrl } from '../pointer.ts'
import { SPSP_BODY_BYTES_MAX, type SpspDetails, decodeSpspDetails } from '../response.ts'
import { type HttpAnswer, httpGet } from './http-get.ts'
import { SpspError } from './spsp-error.ts'

export interface SpspQueryOptions {
  /** Allows `http:` URLs: for local tests only (SPSP-18). */
  readonly allowHttp?: boolean
  /** Host → origin that is asked in its place, such as `http://127.0.0.1:3000`: for local tests only. */
  readonly resolve?: ReadonlyMap<string, string>
  /** Refuses hosts outside the open internet; for servers whose users choose whom to pay (PP-26). */
  readonly publicOnly?: boolean
  /** For one try; default `TRY_TIMEOUT_MS`. */
  readonly timeoutMs?: number
  /** A verifier asks for its payer: the receiver is to sign what it gets under this nonce (RCPT-20). */
  readonly receipt?: SpspAsker['receipt']
}

export interface SpspQueryResult {
  readonly details: SpspDetails
  /** The URL that was asked first. */
  readonly url: string
  /** The host that the payer named, and the one that answered: to be shown before money moves (PP-22, PP-23). */
  readonly host: string
  readonly finalHost: string
  /** The details may be used again before this instant, by this payer alone (SPSP-12). */
  readonly freshUntil: Instant
}

/** SPSP-15 */
export const TRY_TIMEOUT_MS = 3000
export const RETRY_DELAYS_MS: readonly number[] = [10, 500, 2500]
/** PP-21 */
export const REDIRECTS_MAX = 5

/** Asks `target`, a payment pointer or a URL. @throws SpspError */
export async function querySpsp(target: string, options: SpspQueryOptions = {}): Promise<SpspQueryResult> {
  const url = targetUrl(target)
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await tryQuery(url, options)
    } catch (error) {
      if (!(error instanceof SpspError) || !mayRetry(error)) throw error
    }
    await sleep(delayMs)
  }
  return tryQuery(url, options)
}

/**
 * The URL that a pointer or URL means, before anybody is asked. PP-17: URLs are taken beside pointers, but without
 * user names, which could pose as a host. @throws SpspError `bad-target`
 */
export function targetUrl(target: string): URL {
  if (/^https?:/i.test(target)) {
    const url = URL.canParse(target) ? new URL(target) : undefined
    if (url?.username === '' && url.password === '') return url
    throw new SpspError('bad-target', `${target} is no URL that can be paid; write https://host/path`)
  }
  try {
    return new URL(pointerUrl(decodePointer(target)))
  } catch (error) {
    const fault = error instanceof DecodeError ? POINTER_FAULTS[error.code as PointerErrorCode] : BAD_LITERAL
    const help = 'write it as $host/path, such as $wallet.example/alice'
    throw new SpspError('bad-target', `${target} is no payment pointer: it ${fault}; ${help}`, {
      cause: error,
    })
  }
}

/** The one thing that a pointer's decoder leaves to the URL parser. */
const BAD_LITERAL = 'holds brackets, but no IPv6 address between them'

/** Whether asking once more may help: not after a timeout, which was patient enough. */
function mayRetry({ code, cause }: SpspError): boolean {
  if (code === 'unavailable') return true
  return code === 'unreachable' && PASSING_FAULTS.has((cause as NodeJS.ErrnoException).code ?? '')
}

const PASSING_FAULTS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
])

/** One try, along its redirects. Nothing of it is kept for the next (PP-24). */
async function tryQuery(url: URL, options: SpspQueryOptions): Promise<SpspQueryResult> {
  let next = url
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const answer = await ask(next, options)
    if (!REDIRECT_STATUSES.has(answer.status)) return readAnswer(answer, url, next)
    next = redirectUrl(answer, next)
  }
  throw new SpspError('bad-redirect', `${url.host} redirects more than ${REDIRECTS_MAX} times`)
}

function ask(url: URL, options: SpspQueryOptions): Promise<HttpAnswer> {
  const origin = options.resolve?.get(url.host)
  if (origin === undefined && url.protocol === 'http:' && options.allowHttp !== true) {
    throw new SpspError('insecure', `${url.host} would be asked over plain http; payments need https`)
  }
  return httpGet(origin === undefined ? url : movedTo(origin, url), {
    name: origin === undefined ? url.host : `${url.host} (at ${origin})`,
    headers: { accept: SPSP_ACCEPT, host: url.host, ...receiptHeaders(options.receipt) },
    timeoutMs: options.timeoutMs ?? TRY_TIMEOUT_MS,
    bodyBytesMax: SPSP_BODY_BYTES_MAX,
    // A host that the caller itself moved is where the caller wants it.
    publicOnly: options.publicOnly === true && origin === undefined,
  })
}

function receiptHeaders(receipt: SpspAsker['receipt']): Record<string, string> {
  if (receipt === undefined) return {}
  return {
    'receipt-nonce': encodeBase64(receipt.nonce),
    'receipt-secret': encodeBase64(receipt.secret),
  }
}

/** The same path and query at another origin. */
function movedTo(origin: string, { pathname, search }: URL): URL {
  const url = new URL(origin)
  url.pathname = pathname
  url.search = search
  return url
}

function redirectUrl(answer: HttpAnswer, from: URL): URL {
  const location = answer.headers.location ?? ''
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  // PP-21: from http, which only a local test may ask at all, http is no step down.
  if (to === undefined || location === '' || (to.protocol !== 'https:' && to.protocol !== from.protocol)) {
    throw new SpspError(
      'bad-redirect',
      `${from.host} redirects to ${to?.origin ?? 'nowhere'}, which is not https`,
    )
  }
  return to
}

function readAnswer({ status, headers, body }: HttpAnswer, url: URL, finalUrl: URL): SpspQueryResult {
  const where = `the payment server ${finalUrl.host}`
  if (status === 404) {
    throw new SpspError(
      'no-receiver',
      `nobody is paid at ${url.host}${url.pathname}: the server knows no such receiver`,
    )
  }
  if (status === 429 || status >= 500) {
    throw new SpspError('unavailable', `${where} cannot answer now (status ${status}); try again later`)
  }
  if (status !== 200) throw new SpspError('refused', `${where} refuses to answer (status ${status})`)
  try {
    const freshForMs = freshMs(headers['cache-control'])
    return {
      details: decodeSpspDetails(body),
      url: url.href,
      host: url.host,
      finalHost: finalUrl.host,
      freshUntil: now() + freshForMs,
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new SpspError('bad-answer', `${where} answers something else than SPSP (${error.code})`, {
      cause: error,
    })
  }
}

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
