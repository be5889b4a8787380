/**
 * One payment on a path, in virtual time: both ends are the real machines. Testing. The same seed, the same course.
 */
import type { Instant } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { PaymentReport, Quote, StreamSenderOptions } from '../payment.ts'
import { StreamSender } from '../sender.ts'
import { Hops, PLAIN_PATH, type PathOptions } from './hops.ts'
import { seededRng } from './seeded-rng.ts'

export { PLAIN_PATH, type PathOptions }

export interface PathResult {
  readonly report: PaymentReport
  readonly quote: Quote | undefined
  /** What the receiver booked. */
  readonly received: bigint
  /** What the first hop was paid. */
  readonly charged: bigint
  readonly prepares: number
  readonly maxInFlight: number
  readonly elapsedMs: number
}

interface Event {
  readonly at: Instant
  readonly act: () => void
}

const START = 1_700_000_000_000
const EVENTS_MAX = 200_000

export interface PathPayment extends Pick<StreamSenderOptions, 'amount' | 'slippage' | 'minimumRate'> {
  /** Pays without asking for a quote. */
  readonly isUnasked?: boolean
}

/** Runs one payment to its end. */
export function runPath(options: PathOptions, payment: PathPayment): PathResult {
  return new Path(options, payment).run()
}

class Path {
  readonly #options: PathOptions
  readonly #hops: Hops
  readonly #sender: StreamSender
  readonly #first: 'start' | 'pay'
  readonly #events: Event[] = []
  #now = START
  #prepares = 0
  #inFlight = 0
  #maxInFlight = 0
  #quote: Quote | undefined
  #report: PaymentReport | undefined

  constructor(options: PathOptions, { isUnasked = false, ...payment }: PathPayment) {
    this.#options = options
    this.#first = isUnasked ? 'pay' : 'start'
    const rng = seededRng(options.seed)
    const after = (ms: number, act: () => void): void => this.#after(ms, act)
    this.#hops = new Hops(options, { rng, now: () => this.#now, after })
    const credentials = this.#hops.credentials()
    this.#sender = new StreamSender({ crypto: nodeCrypto, rng, credentials, ...payment })
  }

  run(): PathResult {
    this.#sender.handle({ kind: this.#first }, this.#now)
    this.#drain()
    for (let steps = 0; this.#report === undefined; steps++) {
      if (steps > EVENTS_MAX) throw new Error('the payment does not end')
      this.#step()
      this.#drain()
    }
    return {
      report: this.#report,
      quote: this.#quote,
      received: this.#hops.received,
      charged: this.#hops.charged,
      prepares: this.#prepares,
      maxInFlight: this.#maxInFlight,
      elapsedMs: this.#now - START,
    }
  }

  /** What comes next: something that was planned, or the sender's timeout. */
  #step(): void {
    const timeout = this.#sender.nextTimeout()
    const index = earliest(this.#events)
    const event = this.#events[index]
    if (event !== undefined && (timeout === undefined || event.at <= timeout)) {
      this.#events.splice(index, 1)
      this.#now = Math.max(this.#now, event.at)
      event.act()
    } else if (timeout !== undefined) {
      this.#now = Math.max(this.#now, timeout)
      this.#sender.handle({ kind: 'timeout' }, this.#now)
    } else {
      throw new Error('the payment waits for nothing')
    }
  }

  #drain(): void {
    const sender = this.#sender
    for (let output = sender.poll(); output !== undefined; output = sender.poll()) {
      if (output.kind === 'quoted') {
        this.#quote = output.quote
        this.#after(0, () => sender.handle({ kind: 'pay' }, this.#now))
      } else if (output.kind === 'done') {
        this.#report = output.report
      } else if (output.kind === 'prepare') {
        const { id, prepare } = output
        this.#maxInFlight = Math.max(this.#maxInFlight, ++this.#inFlight)
        this.#prepares++
        const reply = this.#hops.carry(prepare)
        this.#after(this.#options.delayMs, () => {
          this.#inFlight--
          sender.handle({ kind: 'reply', id, reply }, this.#now)
        })
      }
    }
  }

  #after(ms: number, act: () => void): void {
    this.#events.push({ at: this.#now + ms, act })
  }
}

function earliest(events: readonly Event[]): number {
  let best = 0
  events.forEach(({ at }, index) => {
    if (at < (events[best]?.at ?? Infinity)) best = index
  })
  return best
}
