/** Where a peer takes packets. Layer 2, io. */
import { HttpError } from './http-error.ts'

export interface PeerUrl {
  readonly href: string
  /** `https://host:port`. */
  readonly origin: string
}

/**
 * Reads `https://host:port/path`, or `http://…` for peers behind a wall of one's own.
 * @throws HttpError `bad-url`; its message does not repeat the URL, which may hold a token
 */
export function decodePeerUrl(text: string): PeerUrl {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw badUrl('its form is https://host:port/path')
  const { href, origin, username, password, hash } = new URL(text)
  if (username !== '' || password !== '') throw badUrl('a token stands apart from it')
  if (hash !== '') throw badUrl('it has no #')
  return { href, origin }
}

function badUrl(rule: string): HttpError {
  return new HttpError('bad-url', `the peer's URL is wrong: ${rule}`)
}
