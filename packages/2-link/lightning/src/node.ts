/**
 * A Lightning node, as this package needs one: whichever program it is. Layer 2, face.
 * Spec: BOLT 2 (channels), BOLT 4 (payments), BOLT 11 (invoices).
 *
 * Amounts are millisatoshi (`…Msat`), 1000 of them to a satoshi (`…Sat`). A call that is rejected with `unavailable`
 * had an unknown outcome: whatever moves money may be asked for again, and moves it once.
 */

/** 1 BTC is 10^11 millisatoshi. */
export const MSAT_SCALE = 11

export type BitcoinNetwork = 'regtest' | 'signet' | 'testnet' | 'bitcoin'

/** Where a node listens. */
export interface NodeAddress {
  /** Compressed public key: 66 hex digits. */
  readonly nodeId: string
  readonly host: string
  readonly port: number
}

export interface NodeInfo extends NodeAddress {
  readonly network: BitcoinNetwork
  /** Of the newest block that the node has taken in. */
  readonly height: number
}

export interface ChannelInfo {
  /** 64 hex digits. */
  readonly channelId: string
  readonly peerId: string
  readonly capacitySat: bigint
  /** What can be sent and received, reserves and what is under way taken off. */
  readonly outboundMsat: bigint
  readonly inboundMsat: bigint
  /** Payments under way on it. */
  readonly pending: number
  /** Confirmed, and the peer is connected. */
  readonly isUsable: boolean
  /** It is being closed; what it holds is on its way to the wallet. */
  readonly isClosing: boolean
  /** We opened it. */
  readonly isOurs: boolean
}

export interface OpenChannel {
  /** A peer that is connected. */
  readonly peerId: string
  readonly capacitySat: bigint
  /** Given to the peer with the channel; default 0. */
  readonly pushMsat?: bigint
}

export interface InvoiceOptions {
  readonly amountMsat: bigint
  readonly description: string
  readonly expiryS: number
  /** Somebody else's payment hash: what comes in is held until it is settled or cancelled. */
  readonly hash?: Uint8Array
}

/** A custom record of a payment's onion (BOLT 4): only the receiver sees it. */
export interface CustomRecord {
  /** At least 65536, and odd, so that receivers who do not know it accept the payment all the same. */
  readonly type: bigint
  readonly value: Uint8Array
}

export interface Keysend {
  readonly nodeId: string
  readonly amountMsat: bigint
  /** 32 bytes that nobody else knows; its SHA-256 digest is the payment's hash, and its name. */
  readonly preimage: Uint8Array
  readonly records: readonly CustomRecord[]
}

/** How a payment of ours ended, for good. */
export type PaymentEnd =
  | { readonly kind: 'sent'; readonly preimage: Uint8Array; readonly feeMsat: bigint }
  /** The money has not moved, and will not. */
  | { readonly kind: 'failed'; readonly reason: string }

/** A payment that came in. */
export interface Receipt {
  /** Rises with each; as durable as the money. */
  readonly index: number
  /** 32 bytes. */
  readonly hash: Uint8Array
  readonly amountMsat: bigint
  readonly records: readonly CustomRecord[]
}

/** A payment to an invoice with somebody else's hash. */
export interface HeldPayment {
  readonly hash: Uint8Array
  readonly amountMsat: bigint
}

/** Money that is taken out of a node's wallet. */
export interface Withdrawal {
  /** Names it: one by a name that was used before is not paid again. Printable ASCII. */
  readonly id: string
  readonly address: string
  /** `all`: but for the fee, and for what must be left to close the channels that there are. */
  readonly amountSat: bigint | 'all'
}

export type NodeEvent =
  | { readonly kind: 'received'; readonly receipt: Receipt }
  /** It waits to be settled or cancelled; told again when the node is there again. */
  | ({ readonly kind: 'held' } & HeldPayment)
  /** Something about channels has changed: one is open, usable, closed. */
  | { readonly kind: 'channels' }
  /** The node is there again after it was not. */
  | { readonly kind: 'available' }

export interface LightningNode {
  info(): Promise<NodeInfo>
  /** Connects, and connects again whenever the connection is lost. */
  connect(peer: NodeAddress): Promise<void>
  /** Ends the connection, and the will to have one. */
  disconnect(peerId: string): Promise<void>
  channels(): Promise<readonly ChannelInfo[]>
  /** Begins to open a channel out of the wallet; it is usable once its transaction is confirmed. */
  openChannel(channel: OpenChannel): Promise<void>
  /**
   * By agreement unless `isForced`: then the peer is asked for as long as it takes, and it may still be forced. What
   * the channel holds comes into the wallet.
   */
  closeChannel(channelId: string, isForced?: boolean): Promise<void>
  createInvoice(options: InvoiceOptions): Promise<string>
  /** Resolves when it has ended; one that was paid before, as it ended then. */
  payInvoice(invoice: string): Promise<PaymentEnd>
  /** Resolves when it has ended; one with this preimage that has begun before is not begun again. */
  keysend(payment: Keysend): Promise<PaymentEnd>
  /** Lets go of a payment that has ended: its hash may be used anew. */
  forgetPayment(hash: Uint8Array): Promise<void>
  settleHeld(preimage: Uint8Array): Promise<void>
  cancelHeld(hash: Uint8Array): Promise<void>
  /** All payments that came in and are not forgotten, oldest first. */
  receipts(): Promise<readonly Receipt[]>
  forgetReceipts(indices: readonly number[]): Promise<void>
  /** An address of the node's own wallet, which pays for channels. */
  address(): Promise<string>
  /** What the wallet holds, confirmed. */
  walletSat(): Promise<bigint>
  /** Tells of all that happens from now on. Returns what ends it. */
  listen(listener: (event: NodeEvent) => void): () => void
  close(): Promise<void>
}

/** A node whose wallet nobody else has the keys of. Its `listen` tells first of payments that are held now. */
export interface OwnWalletNode extends LightningNode {
  /** Returns the transaction's id; it is sent again, and lifted, until it is confirmed. */
  withdraw(withdrawal: Withdrawal): Promise<string>
  /** Payments that wait to be settled or cancelled. */
  held(): Promise<readonly HeldPayment[]>
}
