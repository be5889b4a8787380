/**
 * When ledgers close. Testing.
 *
 * A close time is the clock's, rounded to ten seconds, but always later than the one before: a ledger that closes
 * more often than every ten seconds counts on by ones. `advance` is exact: the next ledger closes so many seconds
 * after the last one.
 */

/** Seconds between the Unix epoch and the ledger's, 2000-01-01. */
const EPOCH_OFFSET_S = 946_684_800

export const CLOSE_RESOLUTION_S = 10

/** Times are 32 bits wide. */
const CLOSE_TIME_MAX = 0xffffffff

export class Clock {
  readonly #now: () => number
  #offsetS = 0
  #notBefore = 0

  /** @param now ms since the Unix epoch */
  constructor(now: () => number) {
    this.#now = now
  }

  /** ms since the Unix epoch. */
  nowMs(): number {
    return (this.nowS() + EPOCH_OFFSET_S) * 1000
  }

  /** Seconds since 2000. */
  nowS(): number {
    return Math.max(Math.floor(this.#now() / 1000) - EPOCH_OFFSET_S + this.#offsetS, this.#notBefore)
  }

  nextCloseTime(previous: number): number {
    const now = Math.floor(this.#now() / 1000) - EPOCH_OFFSET_S + this.#offsetS
    return Math.max(roundCloseTime(now), previous + 1, this.#notBefore)
  }

  /** @throws RangeError where the ledger's time would end, in the year 2136 */
  advance(seconds: number, previousCloseTime: number): void {
    const after = Math.max(this.nowS(), previousCloseTime) + seconds
    if (!(seconds >= 0 && after <= CLOSE_TIME_MAX))
      throw new RangeError(`Time cannot advance by ${String(seconds)} s.`)
    this.#offsetS += seconds
    this.#notBefore = Math.max(previousCloseTime, this.#notBefore) + seconds
  }
}

export function roundCloseTime(seconds: number): number {
  return Math.floor((seconds + CLOSE_RESOLUTION_S / 2) / CLOSE_RESOLUTION_S) * CLOSE_RESOLUTION_S
}

/** `2026-11-21T03:10:52Z` */
export function isoTime(closeTime: number): string {
  return `${new Date((closeTime + EPOCH_OFFSET_S) * 1000).toISOString().slice(0, 19)}Z`
}

/** `2026-Nov-21 03:10:52.000000000 UTC` */
export function humanTime(closeTime: number): string {
  const text = isoTime(closeTime)
  const month = MONTHS[Number(text.slice(5, 7)) - 1]!
  return `${text.slice(0, 4)}-${month}-${text.slice(8, 10)} ${text.slice(11, 19)}.000000000 UTC`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
