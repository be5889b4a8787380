/**
 * How much of what is owed the channels to the peer carry, and what is done where that is too little. Layer 2.
 * What the node reports is true when it is reported; what was taken since is counted off, and what came in is not
 * counted until it is asked again.
 */
import { Pause } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import type { LightningOptions } from './options.ts'
import type { Liquidity } from './session.ts'

/** The node is asked again, and a channel is opened again, after as long. */
const INSPECT_MS = 200
const OPEN_MS = 5000
const LONGEST_MS = 300_000

export class ChannelKeeper {
  readonly #options: LightningOptions
  readonly #effects: Effects
  #reported: Liquidity | undefined
  /** Of what was reported. */
  #takenMsat = 0n
  readonly #inspecting = new Pause(INSPECT_MS, LONGEST_MS)
  readonly #opening = new Pause(OPEN_MS, LONGEST_MS)

  constructor(options: LightningOptions, effects: Effects) {
    this.#options = options
    this.#effects = effects
  }

  /** The link is up anew: nothing is known. */
  reset(): void {
    this.#reported = undefined
    this.#inspecting.reset()
  }

  observe(liquidity: Liquidity): void {
    const last = this.#reported
    if (last !== undefined && liquidity.outboundMsat > last.outboundMsat) this.#inspecting.reset()
    this.#reported = liquidity
    this.#takenMsat = 0n
  }

  /** A payment has found no way: what was reported is not so. */
  failed(peerId: string): void {
    this.#reported = undefined
    this.#effects.perform({ kind: 'inspect', peerId })
  }

  /** How much of `owedMsat` may be paid now; it counts as paid. */
  take(peerId: string, owedMsat: bigint): bigint {
    const reported = this.#reported
    if (reported === undefined) return 0n
    const leftMsat = reported.outboundMsat - this.#takenMsat
    if (leftMsat < owedMsat) this.#seek(peerId, owedMsat, reported)
    const amountMsat = leftMsat < owedMsat ? leftMsat : owedMsat
    if (amountMsat <= 0n) return 0n
    this.#takenMsat += amountMsat
    return amountMsat
  }

  nextTimeout(): Instant | undefined {
    const [inspecting, opening] = [this.#inspecting.until, this.#opening.until]
    if (inspecting === undefined || opening === undefined) return inspecting ?? opening
    return Math.min(inspecting, opening)
  }

  timeout(): void {
    this.#inspecting.pass(this.#effects.now)
    this.#opening.pass(this.#effects.now)
  }

  /** Looks for more: a report that is newer, then another channel. */
  #seek(peerId: string, owedMsat: bigint, { isWaiting, oursSat }: Liquidity): void {
    const { now } = this.#effects
    if (this.#inspecting.until === undefined) {
      this.#inspecting.begin(now)
      this.#effects.perform({ kind: 'inspect', peerId })
    }
    // What is on its way will be reported. Only a fresh report says that there is too little.
    if (isWaiting || this.#takenMsat > 0n || this.#opening.until !== undefined) return
    const { channelSat, budgetSat } = this.#options
    if (channelSat === 0n) return
    this.#opening.begin(now)
    if (oursSat + channelSat > budgetSat) {
      const fields = { peerId, owedMsat, oursSat, budgetSat }
      return this.#effects.trace('lightning.budget-exhausted', fields)
    }
    this.#effects.trace('lightning.open', { peerId, capacitySat: channelSat })
    this.#effects.perform({ kind: 'open', peerId, capacitySat: channelSat })
  }
}
