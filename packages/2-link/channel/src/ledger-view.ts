/** Channels as the ledger now holds them for final, as far as it has told. Layer 2. */
import type { ChannelState } from '@hourglass/ledger'
import { Pause } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'

/**
 * Channels that one settlement looks at. Ledgers report on a channel for as long as they run, so a peer that
 * names other people's channels is refused from here on.
 */
export const CHANNELS_MAX = 64
const RETRY_MS = 15_000
/** Short: a channel of the peer that cannot be seen may be closing. */
const RETRY_MS_MAX = 60_000

export class LedgerView {
  readonly #effects: Effects
  /** Undefined: asked for, not yet told. */
  readonly #states = new Map<string, ChannelState | undefined>()
  /** Channels of our records that the ledger does not know at the moment. */
  readonly #missing = new Set<string>()
  readonly #pause = new Pause(RETRY_MS, RETRY_MS_MAX)

  constructor(effects: Effects) {
    this.#effects = effects
  }

  state(channelId: string): ChannelState | undefined {
    return this.#states.get(channelId)
  }

  /** Whether no channel that a peer names is looked at any more. */
  isFull(channelId: string): boolean {
    return this.#states.size >= CHANNELS_MAX && !this.#states.has(channelId)
  }

  /** What the ledger tells of a channel; of what nobody asked for, nothing is kept. */
  observe(state: ChannelState): void {
    if (this.#states.has(state.id)) this.#states.set(state.id, state)
  }

  /** Looks at a channel of our records, until the ledger has told of it. */
  keep(channelId: string): void {
    this.look(channelId, (message) => {
      if (message === undefined) return this.#pause.reset()
      this.#effects.trace('channel.refused', { by: 'ledger', action: 'watch', channelId, message })
      this.#missing.add(channelId)
      this.#pause.begin(this.#effects.now)
    })
  }

  /** Looks at a channel now; `then` gets the ledger's message where it knows none of that name. */
  look(channelId: string, then?: (message: string | undefined) => void): void {
    if (!this.#states.has(channelId)) this.#states.set(channelId, undefined)
    this.#effects.perform({ kind: 'watch', channelId }, (end) => {
      if (end.kind === 'done') return then?.(undefined)
      if (this.#states.get(channelId) === undefined) this.#states.delete(channelId)
      then?.(end.message)
    })
  }

  /** The channel plays no part any more. */
  forget(channelId: string): void {
    this.#states.delete(channelId)
    this.#missing.delete(channelId)
  }

  nextTimeout(): Instant | undefined {
    return this.#pause.until
  }

  timeout(): void {
    this.#pause.pass(this.#effects.now)
    if (this.#pause.until !== undefined) return
    const missing = [...this.#missing]
    this.#missing.clear()
    for (const channelId of missing) this.keep(channelId)
  }
}
