/** What the embedded node does by the clock: LDK in WebAssembly has none. Layer 2, io. */
import { type Engine, isClosing } from './engine.ts'
import type { Fees } from './fees.ts'
import type { Payer } from './payer.ts'

/** Pings to peers: one that does not answer is cut off by the next one. */
const PEERS_TICK_MS = 10_000
/** A peer that answers nothing for two of these is cut off. */
const MANAGER_TICK_MS = 10_000
/**
 * The manager keeps payments that have ended for seven ticks, and is written in full with each commit: a node that
 * pays much would slow down. Where so many have ended since the last tick, peers answer, and the next one is early.
 */
const BUSY_TICK_MS = 1000
const BUSY_PAYMENTS = 16
const FEES_MS = 60_000

export interface ClockParts {
  readonly engine: Engine
  readonly fees: Fees
  readonly payer: Payer
  /** Takes in the chain's news. */
  readonly follow: () => Promise<void>
  readonly kick: () => void
  readonly pollMs: number
}

export class Clock {
  readonly #parts: ClockParts
  #timers: NodeJS.Timeout[] = []
  #next: NodeJS.Timeout | undefined
  #isStopped = false
  #lastTick = performance.now()
  /** Payments that had ended by then. */
  #ended = 0

  constructor(parts: ClockParts) {
    this.#parts = parts
  }

  start(log: (message: string) => void): void {
    const { engine, fees, kick, pollMs } = this.#parts
    const tickPeers = (): void => {
      engine.peers.timer_tick_occurred()
      engine.chainMonitor.rebroadcast_pending_claims()
      kick()
    }
    // What stays wrong is said once.
    let last: string | undefined
    const complain = (error: unknown): void => {
      const { message } = error as Error
      if (message !== last) log(message)
      last = message
    }
    this.#timers = [
      setInterval(() => this.#tickManager(), BUSY_TICK_MS),
      setInterval(tickPeers, PEERS_TICK_MS),
      setInterval(() => void fees.refresh().catch(complain), FEES_MS),
    ]
    void this.#poll(pollMs, complain)
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of [...this.#timers, this.#next]) clearTimeout(timer)
  }

  #tickManager(): void {
    const { engine, payer, kick } = this.#parts
    const now = performance.now()
    if (now - this.#lastTick < MANAGER_TICK_MS) {
      if (payer.endedCount - this.#ended < BUSY_PAYMENTS) return
      // A close that is not agreed upon within two ticks is forced.
      if (engine.manager.list_channels().some(isClosing)) return
    }
    this.#lastTick = now
    this.#ended = payer.endedCount
    engine.manager.timer_tick_occurred()
    kick()
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
