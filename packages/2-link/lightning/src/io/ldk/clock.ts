/** What the embedded node does by the clock: LDK in WebAssembly has none. Layer 2, io. */
import type { ChannelDetails } from 'lightningdevkit'
import { encodeHex } from '@hourglass/oer'
import type { Closer } from './closer.ts'
import { type Engine, isClosing } from './engine.ts'
import type { Fees } from './fees.ts'
import { nameOf } from './monitor-store.ts'
import type { OwedAnswers } from './owed-answers.ts'
import type { PeerKeeper } from './peer-keeper.ts'
import { isNone, isTrue } from './runtime.ts'

/** Pings to peers: one that does not answer is cut off by the next one. */
const PEERS_TICK_MS = 10_000
/** A peer that answers nothing for two of these is cut off; parts of a payment wait for one another for three. */
const TICK_MS = 10_000
/**
 * After a payment of ours: the manager keeps those that have ended for seven ticks, and is written in full with each
 * commit, so that a node that pays much would slow down.
 */
const EARLY_TICK_MS = 25
/** Where a payment to us may be under way. */
const EARLY_TICK_INCOMING_MS = 1000
/** Peers are asked again for what they have not done. */
const REMIND_MS = 3000
const FEES_MS = 60_000

export interface ClockParts {
  readonly engine: Engine
  readonly fees: Fees
  readonly owed: OwedAnswers
  readonly keeper: PeerKeeper
  readonly closer: Closer
  /** Takes in the chain's news. */
  readonly follow: () => Promise<void>
  readonly kick: () => void
  readonly pollMs: number
  /** Default `TICK_MS`. */
  readonly tickMs?: number
}

export class Clock {
  readonly #parts: ClockParts
  #timers: NodeJS.Timeout[] = []
  #next: NodeJS.Timeout | undefined
  #ticking: NodeJS.Timeout | undefined
  #early: NodeJS.Timeout | undefined
  #isStopped = false
  #lastTick = performance.now()

  constructor(parts: ClockParts) {
    this.#parts = parts
  }

  start(log: (message: string) => void): void {
    const { engine, fees, closer, kick, pollMs, tickMs = TICK_MS } = this.#parts
    const tickPeers = (): void => {
      engine.peers.timer_tick_occurred()
      engine.chainMonitor.rebroadcast_pending_claims()
      kick()
    }
    const remindPeers = (): void => {
      closer.look()
      kick()
    }
    // What stays wrong is said once.
    let last: string | undefined
    const complain = (error: unknown): void => {
      const { message } = error as Error
      if (message !== last) log(message)
      last = message
    }
    this.#ticking = setInterval(() => this.#tick(), tickMs)
    this.#timers = [
      this.#ticking,
      setInterval(tickPeers, PEERS_TICK_MS),
      setInterval(remindPeers, REMIND_MS),
      setInterval(() => void fees.refresh().catch(complain), FEES_MS),
    ]
    void this.#poll(pollMs, complain)
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of [...this.#timers, this.#next, this.#early]) clearTimeout(timer)
  }

  /** The next tick may come early, but not so that it cuts off a peer who is about to answer. */
  paymentEnded(): void {
    this.#early ??= setTimeout(() => {
      this.#early = undefined
      const channels = this.#parts.engine.manager.list_channels()
      if (channels.some((channel) => this.#isOwing(channel))) this.paymentEnded()
      else if (this.#mayBeEarly(channels)) this.#tick()
    }, EARLY_TICK_MS)
  }

  /** The next one by the clock is a whole interval later. */
  #tick(): void {
    const { engine, kick } = this.#parts
    this.#lastTick = performance.now()
    this.#ticking?.refresh()
    engine.manager.timer_tick_occurred()
    kick()
  }

  #isOwing(channel: ChannelDetails): boolean {
    if (!isTrue(channel.get_is_usable())) return false
    return this.#parts.owed.isOwedSince(nameOf(channel.get_funding_txo()), this.#lastTick)
  }

  #mayBeEarly(channels: readonly ChannelDetails[]): boolean {
    if (channels.some((channel) => isOnItsWay(channel, this.#parts.keeper))) return false
    const isIncoming = channels.some((channel) => channel.get_pending_inbound_htlcs().length > 0)
    return !isIncoming || performance.now() - this.#lastTick >= EARLY_TICK_INCOMING_MS
  }

  async #poll(pollMs: number, complain: (error: unknown) => void): Promise<void> {
    try {
      await this.#parts.follow()
    } catch (error) {
      complain(error)
    }
    if (this.#isStopped) return
    this.#next = setTimeout(() => void this.#poll(pollMs, complain), pollMs)
  }
}

/** A close that is not agreed upon within two ticks is forced, an opening has so many, and a greeting after a break. */
function isOnItsWay(channel: ChannelDetails, keeper: PeerKeeper): boolean {
  if (isClosing(channel) || isNone(channel.get_funding_txo())) return true
  if (!isTrue(channel.get_is_channel_ready()) || isTrue(channel.get_is_usable())) return false
  return keeper.isConnected(encodeHex(channel.get_counterparty().get_node_id()))
}
