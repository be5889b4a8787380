/**
 * What one connection may have on its way. Layer 4, congestion.
 * Three questions, each answered by an algorithm of its own, which sees only the events that tell about it:
 * how large a packet may be (`PacketSize`: F08), how much money may be unanswered (`AmountInFlight`: T04), how many
 * packets may be, and when the next one may go (`Pacing`: all other trouble).
 */
import { ErrorCode, type Reject } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import { AmountInFlight } from './amount-in-flight.ts'
import { PacketSize } from './packet-size.ts'
import { Pacing } from './pacing.ts'

/** A packet on its way; `id` grows from packet to packet. */
export interface Carried {
  readonly id: number
  readonly amount: bigint
}

/** Packets and their fates go in; out comes what may be sent. */
export interface CongestionControl {
  /** The largest packet of money that has a chance; 0: none has. */
  readonly packetMax: bigint
  /** When a pause ends; undefined outside of one. */
  readonly pausedUntil: Instant | undefined
  /** Whether another packet may go now, whatever it carries. */
  allowsPacket(now: Instant): boolean
  /** Whether so much more money may be on its way. */
  allows(amount: bigint): boolean
  sent(packet: Carried): void
  fulfilled(packet: Carried): void
  /** False where the rejection is no news: packets of the same flight have told of the trouble. */
  rejected(packet: Carried, reject: Reject, now: Instant): boolean
  /** The link has no answer. */
  unanswered(packet: Carried, now: Instant): void
}

export class Congestion implements CongestionControl {
  readonly size: PacketSize = new PacketSize()
  readonly window: AmountInFlight = new AmountInFlight()
  readonly pacing: Pacing = new Pacing()

  get packetMax(): bigint {
    const [size, window] = [this.size.max, this.window.packetMax]
    return size < window ? size : window
  }

  get pausedUntil(): Instant | undefined {
    return this.pacing.pausedUntil
  }

  allowsPacket(now: Instant): boolean {
    return this.pacing.allows(now)
  }

  allows(amount: bigint): boolean {
    return this.window.allows(amount)
  }

  sent({ id, amount }: Carried): void {
    this.pacing.sent(id)
    this.window.sent(amount)
  }

  fulfilled({ amount }: Carried): void {
    this.pacing.answered()
    this.pacing.fulfilled()
    this.size.passed(amount)
    this.window.answered(amount)
    this.window.fulfilled(amount)
  }

  rejected({ id, amount }: Carried, { code, data }: Reject, now: Instant): boolean {
    this.pacing.answered()
    if (code === ErrorCode.F08_AMOUNT_TOO_LARGE) {
      this.window.answered(amount)
      this.size.refused(amount, data)
      return false
    }
    const isNews = this.pacing.busy(id, now)
    if (isNews && code === ErrorCode.T04_INSUFFICIENT_LIQUIDITY) this.window.short()
    this.window.answered(amount)
    return isNews
  }

  unanswered({ id, amount }: Carried, now: Instant): void {
    this.pacing.answered()
    this.window.answered(amount)
    this.pacing.busy(id, now)
  }
}
