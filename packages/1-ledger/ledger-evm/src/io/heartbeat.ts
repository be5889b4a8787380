/** Looks at the chain again and again, as long as anyone cares. Layer 1, io. */
import { NodeError } from './errors.ts'

export interface HeartbeatOptions {
  /** Usual time between two looks. */
  readonly everyMs: number
  /** One look. Where it fails the next one comes as usual. */
  readonly beat: () => Promise<void>
  /** Whether looks are of use though nobody waits for one. */
  readonly wanted: () => boolean
  readonly failed: (error: NodeError) => void
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  #timer: NodeJS.Timeout | undefined
  #beating = false
  /** Somebody wanted the next look at once while this one was under way. */
  #soon = false
  /** Until the next look: right after something was sent, looks come closer together. */
  #pauseMs: number
  #stopped = false
  /** Those who wait for the next look that begins from now on. */
  #waiting: (() => void)[] = []

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#pauseMs = options.everyMs
  }

  /** Makes sure that a look is to come, if not at once then in time. */
  wake(soon: boolean): void {
    if (this.#stopped) return
    if (this.#beating) {
      this.#soon ||= soon
      return
    }
    if (!soon && this.#timer !== undefined) return
    clearTimeout(this.#timer)
    if (soon) this.#pauseMs = Math.min(EAGER_MS, this.#options.everyMs)
    this.#timer = setTimeout(() => void this.#beat(), soon ? 0 : this.#pauseMs)
  }

  /** Resolves after the next look in the usual rhythm; never after `stop`. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.wake(false)
    })
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #beat(): Promise<void> {
    this.#timer = undefined
    this.#beating = true
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#options.everyMs)
    const waiting = this.#waiting
    this.#waiting = []
    try {
      await this.#options.beat()
    } catch (error) {
      if (this.#isStopped()) return
      if (!(error instanceof NodeError)) throw error
      this.#options.failed(error)
    } finally {
      this.#beating = false
    }
    for (const resolve of waiting) resolve()
    const soon = this.#soon
    this.#soon = false
    if (soon || this.#waiting.length > 0 || this.#options.wanted()) this.wake(soon)
  }

  #isStopped(): boolean {
    return this.#stopped
  }
}

/** A development chain has a block by then; others get a handful of looks too many. */
const EAGER_MS = 25
