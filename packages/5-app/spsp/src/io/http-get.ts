/**
 * One GET: bounded in time and size, redirects left to the caller. Layer 5, io.
 * On Node's own clients, since only they let the caller see the address between name look-up and connection.
 */
import { lookup as lookupName } from 'node:dns'
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type LookupFunction, isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'
import { SpspError } from './spsp-error.ts'

export interface HttpGetOptions {
  /** How messages name the server. */
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  /** For connection, answer and body together. */
  readonly timeoutMs: number
  readonly bodyBytesMax: number
  /** Refuses hosts that are not on the open internet. */
  readonly publicOnly: boolean
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Uint8Array
}

/** @throws SpspError `unreachable` | `timeout` | `private-address` | `bad-answer` */
export async function httpGet(url: URL, options: HttpGetOptions): Promise<HttpAnswer> {
  const where = `the payment server ${options.name}`
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (options.publicOnly && isIP(literal) !== 0 && !isPublicAddress(literal))
    throw privateAddress(url.hostname)
  const signal = AbortSignal.timeout(options.timeoutMs)
  try {
    const response = await open(url, {
      headers: options.headers,
      signal,
      // One question a host: no connection is kept that would hold the process up.
      agent: false,
      ...(options.publicOnly && { lookup: lookupPublic }),
    })
    const body = await readBody(response, options.bodyBytesMax, where)
    return { status: response.statusCode ?? 0, headers: response.headers, body }
  } catch (error) {
    if (error instanceof SpspError) throw error
    if (signal.aborted) {
      throw new SpspError(
        'timeout',
        `${where} did not answer within ${options.timeoutMs} ms; try again later`,
      )
    }
    throw new SpspError('unreachable', `cannot reach ${where}: ${reason(error)}`, { cause: error })
  }
}

function open(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  const request = url.protocol === 'http:' ? requestHttp : requestHttps
  return new Promise((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end()
  })
}

async function readBody(response: IncomingMessage, bytesMax: number, where: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > bytesMax) {
      response.destroy()
      throw new SpspError('bad-answer', `${where} answered with more than ${bytesMax} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Checked between look-up and connection, so that a name cannot change its address in between. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookupName(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, [])
      return
    }
    const hidden = addresses.some(({ address }) => !isPublicAddress(address))
    const [first] = addresses
    if (hidden || first === undefined) callback(privateAddress(hostname), [])
    else if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

function privateAddress(host: string): SpspError {
  return new SpspError('private-address', `${host} is not on the public internet, so it is not asked`)
}

/** In people's words; Node's own where we have no better. */
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  const known = code === undefined ? undefined : REASONS[code]
  return known ?? (message === '' ? (code ?? 'the connection failed') : message)
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closed the connection',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up now',
  ENETUNREACH: 'there is no way to its network',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, so it could be anybody',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  CERT_HAS_EXPIRED: 'its certificate has expired',
}
