/** What the embedded node does by the clock: LDK in WebAssembly has none. Layer 2, io. */
import type { Engine } from './engine.ts'
import type { Fees } from './fees.ts'

/** Pings to peers: one that does not answer is cut off by the next one. */
const PEERS_TICK_MS = 10_000
/**
 * The manager keeps payments that have ended for seven of these, and is written in full with each commit: the longer
 * they are, the slower is a node that pays much. A peer that answers nothing for two of them is cut off.
 */
const MANAGER_TICK_MS = 3000
const FEES_MS = 60_000

export interface ClockParts {
  readonly engine: Engine
  readonly fees: Fees
  /** Takes in the chain's news. */
  readonly follow: () => Promise<void>
  readonly kick: () => void
  readonly pollMs: number
}

export class Clock {
  readonly #parts: ClockParts
  #timers: NodeJS.Timeout[] = []
  #next: NodeJS.Timeout | undefined
  #isForwarding = false
  #isStopped = false

  constructor(parts: ClockParts) {
    this.#parts = parts
  }

  start(log: (message: string) => void): void {
    const { engine, fees, kick, pollMs } = this.#parts
    const tickManager = (): void => {
      engine.manager.timer_tick_occurred()
      kick()
    }
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
      setInterval(tickManager, MANAGER_TICK_MS),
      setInterval(tickPeers, PEERS_TICK_MS),
      setInterval(() => void fees.refresh().catch(complain), FEES_MS),
    ]
    void this.#poll(pollMs, complain)
  }

  /** Lets LDK take up what came in, once, soon: it says when, but in seconds and always at once. */
  forward(): void {
    if (this.#isForwarding) return
    this.#isForwarding = true
    setImmediate(() => {
      this.#isForwarding = false
      if (this.#isStopped) return
      this.#parts.engine.manager.process_pending_htlc_forwards()
      this.#parts.kick()
    })
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of [...this.#timers, this.#next]) clearTimeout(timer)
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
