/**
 * Takes in on the ledger what the claims on one channel promise: when enough has come together or waited long enough,
 * when asked to, and when the source closes the channel. Where the peering has ended, all of it, and then the channel
 * is closed, as its destination may at once. Layer 2.
 */
import type { ChannelState } from '@hourglass/ledger'
import { Pause, earliest } from '@hourglass/link'
import type { Instant, TraceOutput } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import type { ChannelOptions } from './options.ts'
import type { IncomingRecord } from './records.ts'

/** A redeem that the ledger refused is tried again after that long. */
const RETRY_MS = 15_000
const RETRY_MS_MAX = 120_000
/** While the source closes, after this part of the time that is left, but never sooner than that. */
const DANGER_RETRY_SHARE = 8
const DANGER_RETRY_MS_MIN = 1000

export class Redeemer {
  readonly #options: ChannelOptions
  readonly #effects: Effects
  /** One action is under way at a time. */
  #isActing = false
  /** All that is held is to be redeemed, whatever the threshold. */
  #isWanted = false
  #isEnded = false
  /** When the last redeem began that succeeded: what came later is on no redeem. */
  #redeemedAt: Instant = 0
  /** When the claim that is held will be old enough. */
  #ripeAt: Instant | undefined
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

  /** From now on all is redeemed, and then the channel is closed: no claim may come any more. */
  end(): void {
    this.#isEnded = true
    this.#pause.reset()
  }

  /** When the oldest claim came that the ledger has not paid, where it has not paid all of the record's. */
  since({ since }: IncomingRecord): Instant {
    return Math.max(since, this.#redeemedAt)
  }

  /** Redeems, or closes, where that is due. `then` hears whether the ledger did it, and has to ask again. */
  advance(record: IncomingRecord, state: ChannelState, then: (isDone: boolean) => void): void {
    this.#hasten(state)
    this.#ripeAt = undefined
    if (this.#isActing || this.#pause.until !== undefined || state.closed) return
    const unredeemed = record.claim.amount - state.claimed
    if (unredeemed <= 0n) {
      this.#isWanted = false
      if (this.#isEnded) this.#close(record, then)
    } else if (this.#isDue(unredeemed, record, state)) this.#redeem(record, unredeemed, then)
  }

  #isDue(unredeemed: bigint, record: IncomingRecord, { closesAt }: ChannelState): boolean {
    const { redeemThreshold, redeemAfterMs, redeemMin = 1n } = this.#options
    if (this.#isWanted || this.#isEnded) return true
    if (redeemThreshold !== undefined && unredeemed >= redeemThreshold) return true
    if (unredeemed < redeemMin) return false
    // HTLA-10: what is not redeemed before the source's settle delay is over is lost.
    if (closesAt !== undefined) return true
    if (redeemAfterMs === undefined) return false
    this.#ripeAt = this.since(record) + redeemAfterMs
    return this.#ripeAt <= this.#effects.now
  }

  #redeem({ claim }: IncomingRecord, unredeemed: bigint, then: (isDone: boolean) => void): void {
    const { channelId, amount, signature } = claim
    const { now: beganAt } = this.#effects
    const wasWanted = this.#isWanted
    this.#isActing = true
    this.#isWanted = false
    this.#ripeAt = undefined
    this.#effects.trace('channel.redeeming', { channelId, amount, unredeemed })
    this.#effects.perform({ kind: 'redeem', channelId, amount, signature }, (end) => {
      this.#isActing = false
      if (end.kind === 'failed') {
        this.#isWanted ||= wasWanted
        this.#refused({ action: 'redeem', channelId, amount, message: end.message })
      } else {
        const { transaction = '', fee } = end
        this.#effects.trace('channel.redeemed', { channelId, amount, paid: unredeemed, transaction, fee })
        this.#redeemedAt = beganAt
        this.#pause.reset()
      }
      then(end.kind === 'done')
    })
  }

  /** What the channel still holds goes back to its source. */
  #close({ claim: { channelId } }: IncomingRecord, then: (isDone: boolean) => void): void {
    this.#isActing = true
    this.#effects.perform({ kind: 'close', channelId }, (end) => {
      this.#isActing = false
      if (end.kind === 'failed') this.#refused({ action: 'close', channelId, message: end.message })
      then(end.kind === 'done')
    })
  }

  #refused(fields: TraceOutput['fields']): void {
    this.#effects.trace('channel.refused', { by: 'ledger', ...fields })
    this.#pause.begin(this.#effects.now)
  }

  /** The less time is left, the sooner a redeem that was refused is tried again. */
  #hasten({ closesAt }: ChannelState): void {
    const { now } = this.#effects
    if (closesAt === undefined || closesAt <= now) return
    const shareMs = Math.ceil((closesAt - now) / DANGER_RETRY_SHARE)
    this.#pause.limit(now + Math.max(shareMs, DANGER_RETRY_MS_MIN))
  }

  nextTimeout(): Instant | undefined {
    return earliest([this.#pause.until, this.#ripeAt])
  }

  timeout(): void {
    this.#pause.pass(this.#effects.now)
  }
}
