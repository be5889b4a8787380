/**
 * One-way payment channels, as every ledger that can escrow offers them. Layer 1, face.
 * Amounts are base units of the channel's asset on its ledger.
 */
import type { Instant } from '@hourglass/sansio'

/** What is fixed when a channel is opened. All strings are in the ledger's own canonical notation. */
export interface ChannelTerms {
  /** Ledger account that escrows, and gets back what is not claimed. */
  readonly source: string
  /** Ledger account that is paid. */
  readonly destination: string
  /** Public key or signer address whose signature makes a claim. */
  readonly claimKey: string
  /** Asset that is escrowed: `native`, or the ledger's name of a token. */
  readonly asset: string
  /** Time that the destination has to redeem after the source asked to close. */
  readonly settleDelayMs: number
  /** 64 hex digits, chosen by the source; no two channels of one source share it. */
  readonly reference: string
}

/** A channel as the ledger holds it for final. */
export interface ChannelState {
  /** The ledger's own name of the channel. */
  readonly id: string
  readonly terms: ChannelTerms
  /** Escrowed in all, ever. Never falls. */
  readonly deposit: bigint
  /** Paid to the destination in all, ever. Never falls. */
  readonly claimed: bigint
  /** From then on the source may take back what is not claimed. Undefined: nobody asked. */
  readonly closesAt: Instant | undefined
  /** A closed channel stays closed; its id names no other. */
  readonly closed: boolean
}

/** Signs and verifies claims: pure and synchronous. */
export interface ClaimScheme {
  /** Key under which our own claims verify; goes into the terms of channels that we open. */
  readonly claimKey: string
  /** Longest signature, in bytes. */
  readonly signatureBytes: number
  /** A claim on `channelId` for `amount` in all (not in addition), signed with our key. */
  sign(channelId: string, amount: bigint): Uint8Array
  /** Whether `signature` is a claim by `claimKey` for exactly that amount. False for any malformed input. */
  verify(channelId: string, claimKey: string, amount: bigint, signature: Uint8Array): boolean
}
