/** What can go wrong between us and a server of the XRP Ledger. Layer 1, io. */
import type { Json } from '../json.ts'

export type XrplErrorCode =
  /** No server answers there. */
  | 'unreachable'
  /** The server is part of another network than it should be. */
  | 'wrong-network'
  /** The account does not exist: nobody has sent it its reserve yet. */
  | 'no-account'
  /** `close` was called. */
  | 'closed'

/** For people and configuration. Never carries a secret, nor more of a URL than its origin. */
export class XrplError extends Error {
  override readonly name = 'XrplError'
  readonly code: XrplErrorCode

  constructor(code: XrplErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** A server does not answer what was asked: it cannot, will not, or what it says cannot be. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  /** The server's own word; `nonsense` for answers that cannot be true; `no-history` for what it has forgotten. */
  readonly code: string
  /** The whole answer. */
  readonly answer: Json

  constructor(code: string, message: string, answer: Json = {}) {
    super(message)
    this.code = code
    this.answer = answer
  }
}
