/** What goes wrong with Lightning nodes, in one line for people. Layer 2, io. */

export type LightningErrorCode =
  /** The node is gone, or its chain cannot be reached: the outcome is not known. */
  | 'unavailable'
  /** The node will not do it: no such channel, not enough money, a bad invoice. Nothing has happened. */
  | 'refused'
  /** This network is not for this node. */
  | 'unsafe-network'
  /** The chain's server, the journal or the daemon is another network's. */
  | 'wrong-network'
  /** The chain's server answers with an error, or with what cannot be. */
  | 'chain'
  /** The port or the file that it was given is not to be had. */
  | 'unusable'
  /** What is in the journal does not fit together, or not to this node. */
  | 'bad-state'
  /** A daemon does not take the macaroon or rune. */
  | 'unauthorized'
  /** Whoever answers at a daemon's address does not have its certificate. */
  | 'wrong-certificate'
  /** Nodes of this kind cannot do it. */
  | 'unsupported'

/** The message carries no key and no preimage. */
export class LightningError extends Error {
  override readonly name = 'LightningError'
  readonly code: LightningErrorCode

  constructor(code: LightningErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
