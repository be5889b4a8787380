/** What can go wrong between us and an EVM node. Layer 1, io. */

export type EvmErrorCode =
  /** No node answers there. */
  | 'unreachable'
  /** The node serves another chain than it should. */
  | 'wrong-chain'
  /** No PayChan contract lies at the address. */
  | 'no-contract'
  /** The chain has none of the usual means to put a contract at a known address. */
  | 'no-deployer'
  /** No ERC-20 token lies at the address. */
  | 'no-token'
  /** The key cannot pay for what is asked. */
  | 'insufficient-funds'
  /** `close` was called. */
  | 'closed'

/** For people and configuration. Never carries a key, nor more of a URL than its origin. */
export class EvmError extends Error {
  override readonly name = 'EvmError'
  readonly code: EvmErrorCode

  constructor(code: EvmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The node answered that it will not do what was asked. */
export class NodeError extends Error {
  override readonly name = 'NodeError'
  readonly method: string
  /** What a contract said when it reverted, in hex; undefined where that is not why. */
  readonly revertData: string | undefined

  constructor(method: string, message: string, revertData: string | undefined) {
    super(`${method}: ${message}`)
    this.method = method
    this.revertData = revertData
  }
}
