/**
 * Stays with a daemon: follows it for as long as it is there, and again, later and later, when it is not. Layer 2, io.
 *
 *   following ── breaks ──▶ pause ── is there again ──▶ following
 */
import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 100
const PAUSE_MS_MAX = 10_000

export interface Followed {
  /** Resolves where it is there. */
  readonly check: () => Promise<unknown>
  /** Each goes on until it breaks or is stopped; where one ends, all are begun anew. */
  readonly tasks: readonly ((signal: AbortSignal) => Promise<void>)[]
  /** It is there again after it was not. */
  readonly isBack: () => void
  readonly log: (message: string) => void
}

/** Returns what ends it. */
export function follow(followed: Followed): () => void {
  const closing = new AbortController()
  void keepFollowing(followed, closing.signal)
  return () => closing.abort()
}

async function keepFollowing(followed: Followed, closing: AbortSignal): Promise<void> {
  const isClosing = (): boolean => closing.aborted
  let wasThere = true
  let pauseMs = PAUSE_MS
  while (!isClosing()) {
    try {
      await followed.check()
      if (!wasThere) followed.isBack()
      const begun = performance.now()
      await untilOneEnds(followed.tasks, closing).finally(() => {
        if (performance.now() - begun > pauseMs) pauseMs = PAUSE_MS
      })
    } catch (error) {
      if (!isClosing() && wasThere) followed.log((error as Error).message)
    }
    wasThere = false
    await sleep(pauseMs, undefined, { signal: closing }).catch(() => undefined)
    pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)
  }
}

async function untilOneEnds(tasks: Followed['tasks'], closing: AbortSignal): Promise<void> {
  const breaking = new AbortController()
  const signal = AbortSignal.any([closing, breaking.signal])
  const running = tasks.map((task) => task(signal))
  try {
    await Promise.race(running)
  } finally {
    breaking.abort()
    await Promise.allSettled(running)
  }
}
