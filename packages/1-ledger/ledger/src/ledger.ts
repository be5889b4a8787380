/**
 * A ledger, as Layer 2 sees it: actions in, events out. Layer 1, face.
 *
 * Each action gets exactly one `done` or `failed`. An adapter that does not know how an action ended finds
 * out, also across a restart of the ledger's node: an unknown outcome is never reported as a failure.
 * All actions are safe to repeat, so that whoever crashed before the answer asks again.
 */
import type { ChannelState, ChannelTerms, ClaimScheme } from './channel.ts'

export type LedgerAction = { readonly id: number } & (
  | {
      /** Opens a channel and escrows `deposit`; one that exists with these terms is left as it is. */
      readonly kind: 'open'
      readonly terms: ChannelTerms
      readonly deposit: bigint
    }
  /** Adds what lacks until `deposit` is escrowed in all, ever. Cancels a close that the source asked for. */
  | { readonly kind: 'fund'; readonly channelId: string; readonly deposit: bigint }
  /** Pays `amount` in all, ever, to the destination. Done already where the ledger has paid as much. */
  | {
      readonly kind: 'redeem'
      readonly channelId: string
      readonly amount: bigint
      readonly signature: Uint8Array
    }
  /** By the source: starts the settle delay. */
  | { readonly kind: 'request-close'; readonly channelId: string }
  /** By the destination, at once; by the source, once `closesAt` has passed. What is not claimed goes back. */
  | { readonly kind: 'close'; readonly channelId: string }
  /** Reports the channel's final state now, and after each change. */
  | { readonly kind: 'watch'; readonly channelId: string }
)

export type LedgerRefusal =
  /** The ledger account cannot pay for the action. */
  | 'insufficient-funds'
  /** No such channel is final on the ledger. */
  | 'no-channel'
  /** The ledger's rules forbid the action: wrong party, too early, bad claim, closed channel, bad terms. */
  | 'refused'

export type LedgerEvent =
  /** A channel's final state: for each channel that this session opened or watches. Repeats are harmless. */
  | { readonly kind: 'channel'; readonly channel: ChannelState }
  /** The action is final; the `channel` event with its effect came before. */
  | {
      readonly kind: 'done'
      readonly id: number
      readonly channelId: string
      /** Ledger's name of the transaction; undefined where none was needed. */
      readonly transaction: string | undefined
      /** What the transaction cost us, in base units of the ledger's native asset. */
      readonly fee: bigint
    }
  /** The action had no effect and will have none. `message` is for people. */
  | {
      readonly kind: 'failed'
      readonly id: number
      readonly refusal: LedgerRefusal
      readonly message: string
    }

/** One ledger account on one ledger, connected. Lives in `io/` and apps; machines see actions and events. */
export interface Ledger {
  /** Names ledger, network and contract: peers who say the same mean the same. */
  readonly name: string
  /** Our account on it. */
  readonly account: string
  readonly scheme: ClaimScheme
  /** Base units of `asset` per 1 of it: 10^scale. */
  assetScale(asset: string): number
  /** What our account holds, final, in base units. */
  balance(asset: string): Promise<bigint>
  /** A line of its own for one user of the ledger: ids and watched channels of sessions do not mix. */
  connect(listener: (event: LedgerEvent) => void): LedgerSession
  close(): Promise<void>
}

export interface LedgerSession {
  perform(action: LedgerAction): void
  /** Nothing is reported from now on; actions under way still end on the ledger. */
  close(): void
}
