/** Why an SPSP endpoint could not be asked, or did not answer as it should. Layer 5, io. */

export type SpspErrorCode =
  /** The text is neither a payment pointer nor an https URL. */
  | 'bad-target'
  /** Plain http, which is for local tests alone. */
  | 'insecure'
  /** The host is on a private network, where the caller asked for public ones only. */
  | 'private-address'
  /** No connection to the host, or none that its certificate allows. */
  | 'unreachable'
  | 'timeout'
  /** Too many redirects, or one to a place that may not be asked. */
  | 'bad-redirect'
  /** 404: nobody is paid there. */
  | 'no-receiver'
  /** Another 4xx: final. */
  | 'refused'
  /** 5xx or 429, also after some tries more. */
  | 'unavailable'
  /** The answer is no SPSP answer. */
  | 'bad-answer'

/** The message says what, where and what to do, without any secret. */
export class SpspError extends Error {
  override readonly name = 'SpspError'
  readonly code: SpspErrorCode

  constructor(code: SpspErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
