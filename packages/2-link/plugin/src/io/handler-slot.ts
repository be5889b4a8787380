/** The one handler of a kind that a plugin may have. Layer 2, io. Spec: IL-RFC 24 §registerDataHandler. */
import { LpiError, type LpiErrorName } from './lpi-error.ts'

export class HandlerSlot<Handler> {
  handler: Handler | undefined
  readonly #taken: LpiErrorName

  /** `taken`: what a second registration throws. */
  constructor(taken: LpiErrorName) {
    this.#taken = taken
  }

  /** @throws TypeError | LpiError */
  register(handler: Handler): void {
    if (typeof handler !== 'function') throw new TypeError('a handler is a function')
    if (this.handler !== undefined) throw new LpiError(this.#taken, 'a handler is registered already')
    this.handler = handler
  }

  deregister(): void {
    this.handler = undefined
  }
}
