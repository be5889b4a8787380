/** Everything that can go wrong for the person at the terminal, and how it is told: one message, no stack. */
import { SpspError } from '@hourglass/spsp/io'
import { AmountError } from './amount.ts'
import { ConfigError } from './config.ts'

export type WalletErrorCode =
  /** No connection to the wallet's connector. */
  | 'connector-unreachable'
  /** The connector does not know this user name and token. */
  | 'token-refused'
  /** The connector answers, but not as a wallet's parent should. */
  | 'connector-answer'
  /** The network has no way to pay this amount to this receiver. */
  | 'not-payable'
  /** A port or file that the wallet needs. */
  | 'local'

/** The message says what, where, and what to do; it carries no secret. */
export class WalletError extends Error {
  override readonly name = 'WalletError'
  readonly code: WalletErrorCode

  constructor(code: WalletErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** A command line that cannot be carried out as it is written. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** What the process ends with. */
export const ExitCode = {
  Done: 0,
  /** Something in the world: nothing was paid, or not all. */
  Failed: 1,
  /** The command line or the config: nothing was tried. */
  Usage: 2,
} as const

export interface Failure {
  readonly message: string
  readonly exitCode: number
}

/** Undefined: no known kind of error, so a fault of this program. */
export function describeFailure(error: unknown): Failure | undefined {
  if (error instanceof ConfigError || error instanceof CommandError || error instanceof AmountError) {
    return { message: error.message, exitCode: ExitCode.Usage }
  }
  if (error instanceof SpspError) {
    const exitCode =
      error.code === 'bad-target' || error.code === 'insecure' ? ExitCode.Usage : ExitCode.Failed
    return { message: error.message, exitCode }
  }
  return error instanceof WalletError ? { message: error.message, exitCode: ExitCode.Failed } : undefined
}
