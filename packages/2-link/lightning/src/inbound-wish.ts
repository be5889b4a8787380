/**
 * What we want the peer to be able to pay us at any time: where its channels carry less, it is asked for more. Whether
 * it opens one is up to its own policy; it is asked again later, and later each time. Layer 2.
 */
import { Pause } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import { inboundOf, isWaiting } from './liquidity.ts'
import type { Liquidity } from './session.ts'
import { encodeInboundRequest } from './wire/inbound-request.ts'

const ASK_MS = 60_000
const ASK_MS_MAX = 3_600_000

export class InboundWish {
  readonly #effects: Effects
  readonly #wantedMsat: bigint
  readonly #pause = new Pause(ASK_MS, ASK_MS_MAX)
  #peerId: string | undefined

  constructor(effects: Effects, wantedSat = 0n) {
    this.#effects = effects
    this.#wantedMsat = wantedSat * 1000n
  }

  /** The node that the peer has now; undefined: the link is down. */
  greeted(peerId: string | undefined): void {
    this.#peerId = peerId
    if (peerId === undefined) this.#pause.reset()
  }

  observe({ peerId, channels }: Liquidity): void {
    // What is on its way will be reported.
    if (peerId !== this.#peerId || isWaiting(channels)) return
    const lackingMsat = this.#wantedMsat - inboundOf(channels)
    if (lackingMsat <= 0n) return this.#pause.reset()
    if (this.#pause.until !== undefined) return
    this.#pause.begin(this.#effects.now)
    this.#effects.trace('lightning.inbound-wanted', { peerId, lackingMsat })
    this.#effects.ask(encodeInboundRequest(lackingMsat), () => undefined)
  }

  nextTimeout(): Instant | undefined {
    return this.#pause.until
  }

  timeout(): void {
    if (!this.#pause.pass(this.#effects.now) || this.#peerId === undefined) return
    this.#effects.perform({ kind: 'inspect', peerId: this.#peerId })
  }
}
