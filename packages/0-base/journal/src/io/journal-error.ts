/** Why a store cannot be a journal. Base, io. */

export type JournalErrorCode =
  /** It cannot be opened, made, reached or read. */
  | 'unusable'
  /** Another process has it: one journal, one node. */
  | 'in-use'
  /** It holds something else, or what a newer version wrote. */
  | 'foreign'
  /** It has not what it once reported durable. */
  | 'lost'
  /** It was closed while it failed: commits that were never done are not in it. */
  | 'given-up'

export class JournalError extends Error {
  override readonly name = 'JournalError'
  readonly code: JournalErrorCode

  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
