/**
 * How much of what is owed the channels to the peer carry, and what is done where that is too little. Layer 2.
 * What the node reports is true when it is reported; what was taken since is counted off, and what came in is not
 * counted until it is asked again.
 */
import { Pause, type SettlementReport, earliest } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import { inboundOf, isSpent, isWaiting, oursSatOf, outboundOf } from './liquidity.ts'
import type { LightningOptions } from './options.ts'
import type { Liquidity } from './session.ts'

/** The node is asked again, and a channel is opened again, after as long. */
const INSPECT_MS = 200
const OPEN_MS = 5000
const LONGEST_MS = 300_000
/** Of the capacity of a channel: with less to send, and no payment taken since, another is opened ahead of need. */
const REFILL_PERCENT = 20

export class ChannelKeeper {
  readonly #options: LightningOptions
  readonly #effects: Effects
  #reported: Liquidity | undefined
  /** What each channel can still send, by the report and what was taken since. */
  #leftMsat: bigint[] = []
  /** Nothing was taken since the report. */
  #isFresh = false
  /** Something was owed: only who pays needs channels. */
  #isPaying = false
  readonly #inspecting = new Pause(INSPECT_MS, LONGEST_MS)
  readonly #opening = new Pause(OPEN_MS, LONGEST_MS)

  constructor(options: LightningOptions, effects: Effects) {
    this.#options = options
    this.#effects = effects
  }

  /** The link is up anew: nothing is known. */
  reset(): void {
    this.#forget()
    this.#inspecting.reset()
  }

  observe(liquidity: Liquidity): void {
    const [most = 0n] = outboundOf(this.#reported?.channels ?? [])
    this.#reported = liquidity
    this.#leftMsat = outboundOf(liquidity.channels)
    this.#isFresh = true
    if (this.#leftMsat.some((amountMsat) => amountMsat > most)) this.#inspecting.reset()
    if (this.#isLow) this.#seek()
  }

  /** A payment has found no way: what was reported is not so. */
  failed(peerId: string): void {
    this.#forget()
    this.#effects.perform({ kind: 'inspect', peerId })
  }

  /** The peer has paid: its channels carry more than was reported. */
  replenished(): void {
    this.#inspecting.limit(this.#effects.now + INSPECT_MS)
  }

  /** How much of `owedMsat` one payment may carry now; it counts as paid. What is left goes in others. */
  take(owedMsat: bigint): bigint {
    this.#isPaying = true
    const left = this.#leftMsat
    // The tightest channel that carries all of it, or else the widest.
    const at = Math.max(
      left.findLastIndex((amountMsat) => amountMsat >= owedMsat),
      0,
    )
    const mostMsat = left[at] ?? 0n
    const amountMsat = mostMsat < owedMsat ? mostMsat : owedMsat
    if (amountMsat < owedMsat) this.#seek()
    if (amountMsat <= 0n) return 0n
    left[at] = mostMsat - amountMsat
    left.sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
    this.#isFresh = false
    if (this.#isLow) this.#seek()
    return amountMsat
  }

  /** The peer wants to be paid over channels of ours: opens one where there is budget left. Says whether it tries. */
  serve(): boolean {
    const { channelSat, budgetSat } = this.#options
    const reported = this.#reported
    if (reported === undefined || oursSatOf(reported.channels) + channelSat > budgetSat) return false
    this.#provide(reported)
    return true
  }

  report(): SettlementReport {
    const channels = this.#reported?.channels ?? []
    return {
      channels: channels.length,
      oursSat: oursSatOf(channels),
      outboundMsat: this.#leftMsat.reduce((sum, each) => sum + each, 0n),
      inboundMsat: inboundOf(channels),
    }
  }

  nextTimeout(): Instant | undefined {
    return earliest([this.#inspecting.until, this.#opening.until])
  }

  timeout(): void {
    const { now } = this.#effects
    const isDue = [this.#inspecting.pass(now), this.#opening.pass(now)].includes(true)
    if (isDue && this.#isLow) this.#seek()
  }

  #forget(): void {
    this.#reported = undefined
    this.#leftMsat = []
    this.#isFresh = false
  }

  get #isLow(): boolean {
    const { channelSat, refillPercent = REFILL_PERCENT } = this.#options
    const leftMsat = this.#leftMsat.reduce((sum, each) => sum + each, 0n)
    return this.#isPaying && leftMsat * 100n < channelSat * 1000n * BigInt(refillPercent)
  }

  /** A report that is newer is looked for, then another channel: only a fresh one says that there is too little. */
  #seek(): void {
    const reported = this.#reported
    if (reported === undefined) return
    if (this.#inspecting.until === undefined) {
      this.#inspecting.begin(this.#effects.now)
      this.#effects.perform({ kind: 'inspect', peerId: reported.peerId })
    }
    if (this.#isFresh) this.#provide(reported)
  }

  /** Opens a channel within budget and reserve. Where the budget is used up, a spent channel gives its own back. */
  #provide({ peerId, channels, walletSat }: Liquidity): void {
    // What is on its way will be reported.
    if (isWaiting(channels) || this.#opening.until !== undefined) return
    const { channelSat, budgetSat, reserveSat = 0n } = this.#options
    if (channelSat === 0n) return
    this.#opening.begin(this.#effects.now)
    if (walletSat < channelSat + reserveSat) {
      return this.#effects.trace('lightning.reserve-reached', { peerId, walletSat, channelSat, reserveSat })
    }
    const oursSat = oursSatOf(channels)
    if (oursSat + channelSat > budgetSat) {
      const spent = channels.find(isSpent)
      if (spent === undefined) {
        return this.#effects.trace('lightning.budget-exhausted', { peerId, oursSat, budgetSat })
      }
      const { channelId } = spent
      this.#effects.trace('lightning.recycle', { peerId, channelId })
      return this.#effects.perform({ kind: 'close', peerId, channelIds: [channelId], isForced: false })
    }
    this.#effects.trace('lightning.open', { peerId, capacitySat: channelSat })
    this.#effects.perform({ kind: 'open', peerId, capacitySat: channelSat })
  }
}
