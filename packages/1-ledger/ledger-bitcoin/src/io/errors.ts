/** What can go wrong between us and a Bitcoin node. Layer 1, io. */

export type BitcoinErrorCode =
  /** No node answers there. */
  | 'unreachable'
  /** The node does not take our name and password. */
  | 'unauthorized'
  /** The node is part of another network than it should be. */
  | 'wrong-network'
  /** The journal holds the records of another wallet. */
  | 'wrong-wallet'
  /** `close` was called. */
  | 'closed'

/** For people and configuration. Never carries a secret, nor more of a URL than its origin. */
export class BitcoinError extends Error {
  override readonly name = 'BitcoinError'
  readonly code: BitcoinErrorCode

  constructor(code: BitcoinErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The node answered that it will not do what was asked, or what cannot be true. */
export class NodeError extends Error {
  override readonly name = 'NodeError'
  readonly method: string
  /** Of Bitcoin Core's; 0 for an answer that cannot be true. */
  readonly code: number

  constructor(method: string, code: number, message: string) {
    super(`${method}: ${message}`)
    this.method = method
    this.code = code
  }
}
