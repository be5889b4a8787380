/**
 * Takes in on the ledger what the claims on one channel promise: when enough has come together, when asked to, and
 * when the source closes the channel. Layer 2.
 */
import type { ChannelState } from '@hourglass/ledger'
import type { Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import type { ChannelOptions } from './options.ts'
import { Pause } from './pause.ts'
import type { Claim } from './wire/claim.ts'

/** A redeem that the ledger refused is tried again after that long. */
const RETRY_MS = 15_000
const RETRY_MS_MAX = 120_000

export class Redeemer {
  readonly #options: ChannelOptions
  readonly #effects: Effects
  /** One redeem is under way at a time. */
  #isRedeeming = false
  /** All that is held is to be redeemed, whatever the threshold. */
  #isWanted = false
  readonly #pause = new Pause(RETRY_MS, RETRY_MS_MAX)

  constructor(options: ChannelOptions, effects: Effects) {
    this.#options = options
    this.#effects = effects
  }

  /** The next `advance` redeems whatever there is. */
  want(): void {
    this.#isWanted = true
    this.#pause.reset()
  }

  /** Redeems the claim where that is due. `then` is called when that has ended, to ask again. */
  advance(claim: Claim, state: ChannelState, then: () => void): void {
    if (this.#isRedeeming || this.#pause.until !== undefined || state.closed) return
    const { channelId, amount, signature } = claim
    const unredeemed = amount - state.claimed
    const wasWanted = this.#isWanted
    if (unredeemed <= 0n) this.#isWanted = false
    if (unredeemed <= 0n || !this.#isDue(unredeemed, state)) return
    this.#isRedeeming = true
    this.#isWanted = false
    this.#effects.trace('channel.redeeming', { channelId, amount, unredeemed })
    this.#effects.perform({ kind: 'redeem', channelId, amount, signature }, (end) => {
      this.#isRedeeming = false
      if (end.kind === 'failed') {
        const { message } = end
        this.#effects.trace('channel.refused', { by: 'ledger', action: 'redeem', channelId, amount, message })
        this.#isWanted ||= wasWanted
        this.#pause.begin(this.#effects.now)
      } else {
        const { transaction = '', fee } = end
        this.#effects.trace('channel.redeemed', { channelId, amount, paid: unredeemed, transaction, fee })
        this.#pause.reset()
      }
      then()
    })
  }

  #isDue(unredeemed: bigint, { closesAt }: ChannelState): boolean {
    const { redeemThreshold, redeemMin = 1n } = this.#options
    if (this.#isWanted || (redeemThreshold !== undefined && unredeemed >= redeemThreshold)) return true
    // HTLA-10: what is not redeemed before the source's settle delay is over is lost.
    return closesAt !== undefined && unredeemed >= redeemMin
  }

  nextTimeout(): Instant | undefined {
    return this.#pause.until
  }

  timeout(): void {
    this.#pause.pass(this.#effects.now)
  }
}
