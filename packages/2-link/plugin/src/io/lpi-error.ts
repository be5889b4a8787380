/** The errors that the plugin interface names. Layer 2, io. Spec: IL-RFC 24 §Errors. */

export type LpiErrorName =
  | 'InvalidFieldsError'
  | 'InvalidServicesError'
  | 'NotAcceptedError'
  | 'UnreachableError'
  | 'DataHandlerAlreadyRegisteredError'
  | 'MoneyHandlerAlreadyRegisteredError'

/** Callers know it by its name, which is all that plugins of different makers share. */
export class LpiError extends Error {
  override readonly name: LpiErrorName

  constructor(name: LpiErrorName, message: string) {
    super(message)
    this.name = name
  }
}

/** Whether the peer is said not to have taken something. */
export function isNotAccepted(error: unknown): boolean {
  return error instanceof Error && error.name === ('NotAcceptedError' satisfies LpiErrorName)
}
