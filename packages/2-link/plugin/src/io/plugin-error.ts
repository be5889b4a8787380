/** What goes wrong with a plugin that is not ours. Layer 2, io. */

export type PluginErrorCode =
  /** There is no such module. */
  | 'not-found'
  /** The module is there and cannot be loaded. */
  | 'not-loadable'
  /** The module is something else. */
  | 'no-plugin'
  /** Its constructor refuses the options. */
  | 'bad-options'
  /** It could not connect; it is tried again. */
  | 'not-connected'
  /** It did, or said, what plugins may not. */
  | 'misbehaves'
  /** It says that something is wrong. */
  | 'says-error'

export class PluginError extends Error {
  override readonly name = 'PluginError'
  readonly code: PluginErrorCode

  constructor(code: PluginErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
