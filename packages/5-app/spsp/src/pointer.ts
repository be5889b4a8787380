/**
 * Payment pointers: `$host/path`, a name for somebody who can be paid. Layer 5.
 * Spec: IL-RFC 26 "Payment Pointer Syntax", "Endpoint Resolution"; RFC 3986 for host and path-abempty.
 *
 * All checks read the text itself: URL parsers drop `:443`, map foreign letters and read `0x7f.1` as an address
 * before anybody could object.
 */
import { DecodeError } from '@hourglass/sansio'

/** A valid payment pointer. */
export interface PaymentPointer {
  /** Lower case ASCII: a name, four decimal octets, or an IPv6 literal in brackets. */
  readonly host: string
  /** Empty, or `/` and what follows it, as typed. */
  readonly path: string
}

export type PointerErrorCode =
  | 'too-long'
  | 'no-dollar'
  | 'scheme'
  | 'not-ascii'
  | 'user'
  | 'port'
  | 'query'
  | 'fragment'
  | 'bad-host'
  | 'bad-path'

/** What each code means, for people: completes "… is no payment pointer: it …". */
export const POINTER_FAULTS: Readonly<Record<PointerErrorCode, string>> = {
  'too-long': 'is longer than any server would accept',
  'no-dollar': 'does not begin with one $',
  scheme: 'holds a scheme such as https://, which a pointer leaves out',
  'not-ascii': 'holds a character outside visible ASCII; write such a host in its xn-- form',
  user: 'holds an @ before the path, but a pointer has no user name',
  port: 'names a port, but a pointer always means the https port',
  query: 'holds a ?, but a pointer has no query',
  fragment: 'holds a #, but a pointer has no fragment',
  'bad-host': 'has no valid host name after the $',
  'bad-path': 'holds a character that a path may not hold',
}

/** Longer URLs are refused by common servers. */
export const POINTER_LENGTH_MAX = 2048

/** Where a pointer without a path is served (RFC 26 "Endpoint Resolution"). */
export const WELL_KNOWN_PATH = '/.well-known/pay'

/**
 * Reads a pointer as people type it. `at` of the error counts characters.
 * @throws DecodeError with a `PointerErrorCode`
 */
export function decodePointer(text: string): PaymentPointer {
  if (text.length > POINTER_LENGTH_MAX) throw fault('too-long', POINTER_LENGTH_MAX)
  if (!text.startsWith('$') || text.startsWith('$$')) throw fault('no-dollar', 0)
  const foreign = text.search(NOT_ASCII)
  if (foreign >= 0) throw fault('not-ascii', foreign) // PP-10
  const scheme = text.indexOf('://')
  if (scheme >= 0) throw fault('scheme', scheme)
  for (const [character, code] of FORBIDDEN) {
    const at = text.indexOf(character)
    if (at >= 0) throw fault(code, at)
  }
  const slash = text.indexOf('/')
  const pathAt = slash < 0 ? text.length : slash
  const host = decodeHost(text.slice(1, pathAt))
  const path = text.slice(pathAt)
  if (!PATH.test(path)) throw fault('bad-path', pathAt)
  return { host, path }
}

/** The canonical text: lower-case host, path as typed. */
export function encodePointer({ host, path }: PaymentPointer): string {
  return `$${host}${path}`
}

/** Where the pointer is resolved (PP-02 … 05, X-PP). */
export function pointerUrl({ host, path }: PaymentPointer): string {
  return `https://${host}${path === '' || path === '/' ? WELL_KNOWN_PATH : path}`
}

/**
 * The pointer that means `url`; undefined where none does: not https, or with port, query, fragment or user
 * name (PP-16).
 */
export function pointerOf(url: string): PaymentPointer | undefined {
  if (!/^https:\/\//i.test(url)) return undefined
  try {
    const { host, path } = decodePointer(`$${url.slice('https://'.length)}`)
    return { host, path: path === '/' || path === WELL_KNOWN_PATH ? '' : path }
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** Whether two pointers name the same account: one slash at the end makes no difference (PP-12, PP-14, PP-15). */
export function samePointer(a: PaymentPointer, b: PaymentPointer): boolean {
  return a.host === b.host && shortPath(a.path) === shortPath(b.path)
}

function shortPath(path: string): string {
  const bare = path.endsWith('/') ? path.slice(0, -1) : path
  return bare === WELL_KNOWN_PATH ? '' : bare
}

function decodeHost(text: string): string {
  const host = text.toLowerCase()
  const user = host.indexOf('@')
  if (user >= 0) throw fault('user', user + 1) // PP-06
  if (IPV6_LITERAL.test(host)) return host
  const colon = host.indexOf(':')
  if (colon >= 0 && !host.startsWith('[')) throw fault('port', colon + 1) // PP-07
  if (host.includes(']:')) throw fault('port', host.lastIndexOf(':') + 1)
  if (!HOST_NAME.test(host) || host.length > HOST_LENGTH_MAX) throw fault('bad-host', 1)
  // A last label that is a number makes an IPv4 address of the whole, in a dozen notations: one is enough.
  if (NUMBER.test(host.slice(host.lastIndexOf('.') + 1)) && !IPV4.test(host)) throw fault('bad-host', 1)
  return host
}

function fault(code: PointerErrorCode, at: number): DecodeError<PointerErrorCode> {
  return new DecodeError(code, at)
}

/** PP-08: also where nothing follows them. */
const FORBIDDEN: readonly (readonly [string, PointerErrorCode])[] = [
  ['#', 'fragment'],
  ['?', 'query'],
]
const NOT_ASCII = /[^\x21-\x7e ]/
const HOST_LENGTH_MAX = 253
const HOST_NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/
const IPV6_LITERAL = /^\[(?=.*:)[0-9a-f:.]+\]$/
/** RFC 3986 path-abempty: unreserved, sub-delims, `:`, `@`, whole percent escapes. */
const PATH = /^(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)*$/
