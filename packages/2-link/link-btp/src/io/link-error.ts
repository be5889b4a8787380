/** What goes wrong with sockets, in one line for people. Layer 2, io. */

import type { BtpCloseReason } from '../btp-link.ts'

export type LinkErrorCode =
  /** A URL that is no `btp+ws://user:token@host:port/path`. */
  | 'bad-url'
  /** The server cannot listen where it was told to. */
  | 'cannot-listen'
  /** No connection: nobody listens there, the name is unknown, the certificate is not trusted, … */
  | 'unreachable'
  /** Something answers there, but not with a WebSocket: another server, another path. */
  | 'not-websocket'
  /** User name or token are not accepted. */
  | 'token-refused'
  /** The other side did not do its part of the authentication in time. */
  | 'no-answer'
  /** The other side speaks WebSocket, but not BTP. */
  | 'not-btp'
  /** A browser's page of a foreign origin (BTP-54), or another path than the server's. */
  | 'foreign-origin'
  | 'wrong-path'
  /** Too many sockets, or too much on one, before authentication. */
  | 'too-early'
  /** Asking who a client is failed. */
  | 'authentication-failed'
  /** A frame above the limit (BTP-55). */
  | 'too-large'
  /** The peer takes no more: what was sent to it piles up, or pings go unanswered. */
  | 'stalled'
  /** The account's peer has opened a newer connection (BTP-50). */
  | 'replaced'
  /** The connection is gone: the peer closed it, or the network did. */
  | 'closed'

/** The message is one line and carries neither token nor packet. */
export class LinkError extends Error {
  override readonly name = 'LinkError'
  readonly code: LinkErrorCode

  constructor(code: LinkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** The same about `subject`, for a message that lacks one: `does not answer pings`. */
  about(subject: string): LinkError {
    return new LinkError(this.code, `${subject} ${this.message}`, { cause: this.cause })
  }
}

/** What a peer did when its link closes the socket; lacks its subject. */
export function closeError(reason: BtpCloseReason): LinkError {
  return new LinkError(reason, CLOSE_REASONS[reason])
}

const CLOSE_REASONS: Readonly<Record<BtpCloseReason, string>> = {
  'token-refused': 'refuses our user name or token',
  'no-answer': 'does not answer our token',
  'not-btp': 'sends what is no BTP',
}
