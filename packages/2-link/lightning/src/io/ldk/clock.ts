/** What the embedded node does by the clock: LDK in WebAssembly has none. Layer 2, io. */
import { type Engine, isClosing } from './engine.ts'
import type { Fees } from './fees.ts'
import type { Payer } from './payer.ts'
import { isNone } from './runtime.ts'

/** Pings to peers: one that does not answer is cut off by the next one. */
const PEERS_TICK_MS = 10_000
/** A peer that answers nothing for two of these is cut off; parts of a payment wait for one another for three. */
const MANAGER_TICK_MS = 10_000
/** Where `EarlyTicks` allows it. */
const EARLY_TICK_MS = 100
/** Where a payment to us may be under way. */
const EARLY_TICK_INCOMING_MS = 1000
/** Peers are asked again for what they have not done. */
const REMIND_MS = 3000
const FEES_MS = 60_000

export interface ClockParts {
  readonly engine: Engine
  readonly fees: Fees
  readonly payer: Payer
  /** Takes in the chain's news. */
  readonly follow: () => Promise<void>
  /** Asks peers again for what they have not done. */
  readonly remind: () => void
  readonly kick: () => void
  readonly pollMs: number
}

export class Clock {
  readonly #parts: ClockParts
  #timers: NodeJS.Timeout[] = []
  #next: NodeJS.Timeout | undefined
  #isStopped = false
  #lastTick = performance.now()

  constructor(parts: ClockParts) {
    this.#parts = parts
  }

  start(log: (message: string) => void): void {
    const { engine, fees, remind, kick, pollMs } = this.#parts
    const tickPeers = (): void => {
      engine.peers.timer_tick_occurred()
      engine.chainMonitor.rebroadcast_pending_claims()
      kick()
    }
    const remindPeers = (): void => {
      remind()
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
      setInterval(() => this.#tickManager(), EARLY_TICK_MS),
      setInterval(tickPeers, PEERS_TICK_MS),
      setInterval(remindPeers, REMIND_MS),
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
    const elapsedMs = performance.now() - this.#lastTick
    if (elapsedMs < MANAGER_TICK_MS && !this.#mayBeEarly(elapsedMs)) return
    this.#lastTick += elapsedMs
    payer.ticks.ticked(this.#lastTick)
    engine.manager.timer_tick_occurred()
    kick()
  }

  #mayBeEarly(elapsedMs: number): boolean {
    const { engine, payer } = this.#parts
    if (!payer.ticks.isDue(performance.now())) return false
    const channels = engine.manager.list_channels()
    // A close that is not agreed upon within two ticks is forced, and an opening has so many.
    if (channels.some((channel) => isClosing(channel) || isNone(channel.get_funding_txo()))) return false
    const isIncoming = channels.some((channel) => channel.get_pending_inbound_htlcs().length > 0)
    return !isIncoming || elapsedMs >= EARLY_TICK_INCOMING_MS
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
