/** What goes wrong between two nodes over HTTP, in one line for people. Layer 2, io. */

export type HttpErrorCode =
  /** No `http://` or `https://` URL. */
  | 'bad-url'
  /** The server cannot listen where it was told to. */
  | 'cannot-listen'
  /** No connection, or none that lasts until an answer. */
  | 'unreachable'
  /** The peer refuses our token (HTTP-29). */
  | 'token-refused'
  /** Somebody says no token of an account's. */
  | 'stranger'
  /** Somebody breaks HTTP, or takes too long. */
  | 'not-http'

/** The message is one line and carries neither token nor packet. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly code: HttpErrorCode

  constructor(code: HttpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
