/** Where a peer listens, and who we are there (BTP-46). Layer 2, io. */
import { LinkError } from './link-error.ts'

/** What a BTP URL says, the secret apart from the rest. */
export interface BtpUrl {
  /** `ws://host:port/path` or `wss://…`, safe to show. */
  readonly url: string
  readonly username: string
  readonly token: string
}

/**
 * Reads `btp+ws://user:token@host:port/path` or `btp+wss://…`; user, token and path may be left out. Characters
 * that a URL has other uses for are percent-encoded in user and token.
 * @throws LinkError `bad-url`; its message does not repeat the URL, which may hold a token
 */
export function decodeBtpUrl(text: string): BtpUrl {
  if (!/^btp\+wss?:\/\//.test(text)) throw badUrl('it begins with btp+ws:// or btp+wss://')
  let url: URL
  let username: string
  let token: string
  try {
    url = new URL(text.slice('btp+'.length))
    username = decodeURIComponent(url.username)
    token = decodeURIComponent(url.password)
  } catch {
    throw badUrl('its form is btp+ws://user:token@host:port/path')
  }
  if (url.hash !== '') throw badUrl('it has no #; in a token that is %23')
  url.username = ''
  url.password = ''
  return { url: url.href, username, token }
}

function badUrl(rule: string): LinkError {
  return new LinkError('bad-url', `the peer's BTP URL is wrong: ${rule}`)
}
